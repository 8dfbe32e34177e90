// Objects, closures, strings, arrays and numbers; long enough that an engine with a compiler uses it.
"use strict";

function Tree(depth) {
    return depth ? { left: Tree(depth - 1), right: Tree(depth - 1), value: depth } : null;
}

function total(tree) {
    return tree ? total(tree.left) + total(tree.right) + tree.value : 1;
}

function sieve(limit) {
    const flags = new Uint8Array(limit);
    let count = 0;
    for (let i = 2; i < limit; i++) {
        if (flags[i]) continue;
        count++;
        for (let j = i * 2; j < limit; j += i) flags[j] = 1;
    }
    return count;
}

function orbit(steps) {
    let x = 1, y = 0, vx = 0, vy = 1;
    for (let i = 0; i < steps; i++) {
        const r = Math.sqrt(x * x + y * y), pull = -0.001 / (r * r * r);
        vx += x * pull;
        vy += y * pull;
        x += vx * 0.001;
        y += vy * 0.001;
    }
    return Math.floor((x * x + y * y) * 1e6);
}

function words(count) {
    const found = new Map();
    let seed = 12345;
    for (let i = 0; i < count; i++) {
        seed = (seed * 16807) % 2147483647;
        const word = "w" + (seed % 997);
        found.set(word, (found.get(word) || 0) + 1);
    }
    return [...found].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, 3).join(" ");
}

console.log(total(Tree(14)), sieve(200000), orbit(200000), words(40000));

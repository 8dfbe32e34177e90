-- Inserts, an index, joins and aggregates in memory.
create table item (id integer primary key, kind integer, name text, price integer);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 40000)
insert into item select i, i * 7919 % 97, 'item ' || (i * 31 % 1009), i * i % 10007 from n;
create index by_kind on item (kind, price);
select kind, count(*), sum(price), min(name) from item group by kind order by 3 desc limit 10;
select count(*) from item a join item b on a.kind = b.kind and a.price = b.price + 1;
select sum(length(name)), count(distinct name) from item where name like '%7%';
update item set price = price + 1 where kind % 3 = 0;
select sum(price) from item;

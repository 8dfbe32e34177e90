//! Signals that end the machine in good order.

use crate::{Control, VmmError};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::{Handle, Signals};

/// Tells `control` of signals until dropped.
pub(crate) struct Watch(Handle);

impl Watch {
    pub(crate) fn start(control: Control) -> Result<Watch, VmmError> {
        let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM]).map_err(VmmError::Signals)?;
        let handle = signals.handle();
        std::thread::Builder::new()
            .name("lodge-signals".into())
            .spawn(move || signals.forever().for_each(|signal| control.signal(signal)))
            .map_err(|source| VmmError::Thread { what: "signals".into(), source })?;
        Ok(Watch(handle))
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.close();
    }
}

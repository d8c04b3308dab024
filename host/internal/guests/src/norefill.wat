;; A library whose function looks like the one that meters guests.
(module (func (export "refill")))

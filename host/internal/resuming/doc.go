// Package resuming kills real hosts in the middle of actions, to show that what had
// succeeded is not sent again. It has tests only.
package resuming

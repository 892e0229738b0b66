// Package leftover looks at a machine for what containers leave on it: files, mounts, processes,
// control groups, network devices. What was there before and what is there after are two lists;
// Since tells them apart.
//
// A list is of one moment. A container that is about to go has still some of it, so who expects
// that nothing is left asks again until it is so, or for long enough.
package leftover

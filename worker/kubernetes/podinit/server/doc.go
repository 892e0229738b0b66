// Package server is the init that is PID 1 of every pod: it runs processes on
// request, reaps orphans, and keeps the processes' output in files until and
// after it is delivered.
//
// A process' output goes from a pipe or terminal to a file, and from the file to
// any number of followers, so that large output takes no memory. What a client and
// the pod's log have is taken out of the file. Up to [Config.MaxKept] is kept for
// clients that are slow or away. A process that prints more is held up until they
// took some, so that it can't fill the node's disk.
//
// Environment values are handed to the process and kept nowhere.
package server

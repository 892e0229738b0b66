// Package server is the init that is PID 1 of every pod: it runs processes on
// request, reaps orphans, and keeps the processes' output in files until and
// after it is delivered.
//
// A process' output goes from a pipe or terminal to a file, whoever reads it
// or not, and from the file to any number of followers, so that neither a slow
// reader holds up a process nor large output takes memory. What a client and the
// pod's log have is taken out of the file.
//
// Environment values are handed to the process and kept nowhere.
package server

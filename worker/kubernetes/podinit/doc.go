// Package podinit is the client of the init that is PID 1 of every pod.
//
// Init runs processes in the pod on request, keeps their output in files and
// their exit statuses in memory, and serves both over a unix socket that the
// worker, on the same node, connects to. A worker that was restarted attaches
// again and goes on at the byte after the last one it acknowledged.
//
// The server is package podinit/server; this package does not depend on it.
package podinit

// Package podinit is the client of the init that is PID 1 of every pod.
//
// Init runs processes in the pod on request, keeps their output in files and
// their exit statuses in memory, and serves both over a unix socket that the
// worker, on the same node, connects to. A worker that was restarted attaches
// again and goes on at the byte after the last one it acknowledged.
//
// Init says which pod it is in, and what became of what it ran. So a worker takes no pod for
// another one's, tells an idle pod from a busy one, and can remove a pod in which all has
// ended: it keeps the exit statuses, and the files have the output that is left.
//
// The server is package podinit/server; this package does not depend on it.
package podinit

// Package gardenserver serves a Garden backend so that no output is lost.
//
// Garden's own server keeps a number of pieces of output for a client that does
// not keep up, and drops what comes then. It also goes on to take output for a
// client that is gone. So the requests that run a process, attach to one and fetch
// its outputs are answered here. All others go to Garden's server, in this process.
//
// A [Server] has a session for each client that follows a process. A writer of the
// session returns once its client has taken the bytes. A slow client is thereby
// waited for: the backend has to keep the output meanwhile. The session ends with
// the process, with the connection of its client, when another client attaches to
// the process, and when the server stops. What its client has not taken by then is
// the backend's to keep, for the client that comes next.
//
// A client that knows the package outputstream says what it has taken. Of any other
// client everything counts as taken that the kernel took for it.
package gardenserver

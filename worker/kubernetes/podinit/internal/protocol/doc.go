// Package protocol is what init and its client say to each other.
//
// Requests are HTTP/1.1 POSTs over a unix socket with JSON bodies. Two are
// special: the body of PathStdin is the raw input of a process, and PathAttach
// upgrades the connection to one that carries frames, output one way and
// acknowledgements the other.
package protocol

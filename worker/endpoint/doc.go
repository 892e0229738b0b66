// Package endpoint is where the worker's own servers listen, and how its other
// parts reach them: unix sockets that only root may connect to, or TCP addresses.
//
// Garden, Baggageclaim and the debugger ask for no password, and each of them makes
// whoever reaches it root of the node. A unix socket is a file: its mode says who
// may connect, in whichever network namespace a process is.
package endpoint

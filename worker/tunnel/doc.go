// Package tunnel registers the worker with web, which reaches the worker's Garden
// and Baggageclaim by the SSH connection that the worker keeps open for that.
//
// It speaks the protocol of upstream's TSA, as upstream's client (package tsa) does.
// That one forwards to TCP addresses only, whatever network it is told; here the
// servers may listen at unix sockets too. Everything but the registration is
// upstream's.
package tunnel

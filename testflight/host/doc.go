// Package host is what a development cluster does to the machine that it runs on, piece
// by piece: bridges, network namespaces, mounts, control groups, kernel settings, packet
// filter rules, Debian packages, files. Each function does its piece once and at once, or
// undoes it. What is done when, and what it is called, is up to the caller.
//
// Most of it needs root.
package host

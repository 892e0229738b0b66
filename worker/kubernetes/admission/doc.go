// Package admission knows what the ResourceQuotas and LimitRanges of a namespace make of a
// pod: it reads the API server's refusals, and fits a pod to LimitRanges as far as that
// changes nothing that its step asked for. It is pure: it knows no API server.
package admission

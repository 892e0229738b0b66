package volumeimage

import (
	"net"
	"net/netip"
	"strings"
)

// Serves says whether an image reference names this registry, in any spelling. It
// may say so of another host's name that a container runtime takes for this machine.
//
// A name that only DNS leads to this machine is none of these: container runtimes
// speak TLS to it, and the registry does not.
func (i *Images) Serves(reference string) bool {
	host, _, hasPath := strings.Cut(strings.TrimLeft(reference, "/"), "/")
	if !hasPath {
		return false // a repository of Docker Hub
	}
	_, port, err := net.SplitHostPort(i.registry)
	if err != nil {
		return false
	}
	name, askedPort, err := net.SplitHostPort(host)
	if err != nil {
		name, askedPort = strings.Trim(host, "[]"), ""
	}
	return isPort(askedPort, port) && isThisMachine(name)
}

// isPort compares ports as numbers are written. Without one, a container runtime
// asks that of HTTP or that of HTTPS.
func isPort(asked, port string) bool {
	if asked == "" {
		return port == "80" || port == "443"
	}
	return strings.TrimLeft(asked, "0") == port
}

// isThisMachine knows the names of loopback and of the unspecified address, which
// Linux takes for it. A host that has no letter and is no address may be an address as
// inet_aton(3) reads it: 127.1, 2130706433, 0x7f.1.
func isThisMachine(name string) bool {
	name = strings.TrimSuffix(strings.ToLower(name), ".")
	switch {
	case name == "localhost", name == "localhost.localdomain", name == "ip6-localhost", name == "ip6-loopback":
		return true
	case strings.HasSuffix(name, ".localhost"): // RFC 6761, 6.3
		return true
	}
	if address, err := netip.ParseAddr(name); err == nil {
		address = address.Unmap()
		return address.IsLoopback() || address.IsUnspecified()
	}
	return isNumeric(name)
}

func isNumeric(name string) bool {
	for part := range strings.SplitSeq(name, ".") {
		digits := strings.TrimPrefix(part, "0x")
		allowed := "0123456789"
		if digits != part {
			allowed += "abcdef"
		}
		if strings.Trim(digits, allowed) != "" {
			return false
		}
	}
	return true
}

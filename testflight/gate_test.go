package testflight_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// gate is where tasks wait until their spec opens it.
type gate struct {
	open    atomic.Bool
	address string
}

// newGate makes one for this spec, at an address that pods reach.
func newGate() *gate {
	GinkgoHelper()
	g := &gate{}
	listener, err := net.Listen("tcp", net.JoinHostPort(runs.Cluster.NodeAddress(), "0"))
	Expect(err).NotTo(HaveOccurred())
	g.address = listener.Addr().String()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if !g.open.Load() {
			http.Error(w, "closed", http.StatusServiceUnavailable)
		}
	}))
	server.Listener.Close()
	server.Listener = listener
	server.Start()
	DeferCleanup(server.Close)
	return g
}

// wait is the line of a script that waits at the gate.
func (g *gate) wait() string { return g.waitAsking("0.1") }

// waitOfMany is wait for tasks that are many: they leave the CPUs to others.
func (g *gate) waitOfMany() string { return g.waitAsking("1") }

func (g *gate) waitAsking(every string) string {
	return fmt.Sprintf("until wget -q -O /dev/null http://%s/ 2>/dev/null; do sleep %s; done", g.address, every)
}

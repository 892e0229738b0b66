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
	open atomic.Bool
}

// newGate makes one for this spec, which can't have a registry beside it.
func newGate() *gate {
	GinkgoHelper()
	g := &gate{}
	listener, err := net.Listen("tcp", runs.Cluster.SpecRegistry())
	Expect(err).NotTo(HaveOccurred())
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
func (g *gate) wait() string {
	return fmt.Sprintf("until wget -q -O /dev/null http://%s/ 2>/dev/null; do sleep 0.1; done", runs.Cluster.SpecRegistry())
}

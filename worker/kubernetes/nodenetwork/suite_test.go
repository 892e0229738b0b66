package nodenetwork_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/nodenetwork"
)

// These are set for the process that plays the worker: where it has to listen, and
// the file of the node's namespace.
const (
	listenAt   = "NODENETWORK_SPEC_LISTEN"
	listenNode = "NODENETWORK_SPEC_NODE"
)

func TestMain(m *testing.M) {
	if address := os.Getenv(listenAt); address != "" {
		listenUntilToldToEnd(address)
		return
	}
	os.Exit(m.Run())
}

func TestSuite(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Node network")
}

// listenUntilToldToEnd prints the address, accepts one connection after the other,
// and ends with its standard input.
func listenUntilToldToEnd(address string) {
	listener, err := nodenetwork.Namespace(os.Getenv(listenNode)).Listen(context.Background(), "tcp", address)
	if err != nil {
		fmt.Println("error:", err)
		return
	}
	fmt.Println(listener.Addr())
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			connection.Close()
		}
	}()
	io.Copy(io.Discard, os.Stdin)
}

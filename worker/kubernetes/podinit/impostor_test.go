package podinit_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gleak"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit/internal/protocol"
)

const switching = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: " + protocol.Upgrade + "\r\n\r\n"

// impostor answers in init's place: it reads a request and hands over the connection,
// which it keeps until the end of the spec.
func impostor(answer func(net.Conn)) *podinit.Client {
	GinkgoHelper()
	socket := filepath.Join(GinkgoT().TempDir(), "init.sock")
	listener, err := net.Listen("unix", socket)
	Expect(err).NotTo(HaveOccurred())
	done := make(chan struct{})
	DeferCleanup(func() {
		close(done)
		listener.Close()
	})
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer connection.Close()
				if request, err := http.ReadRequest(bufio.NewReader(connection)); err == nil {
					io.Copy(io.Discard, request.Body)
					answer(connection)
					<-done
				}
			}()
		}
	}()
	client := podinit.NewClient(socket)
	client.Hurry()
	return client
}

// says answers and then neither speaks nor listens.
func says(words ...string) func(net.Conn) {
	return func(connection net.Conn) { io.WriteString(connection, strings.Join(words, "")) }
}

// repeats says something over and over.
func repeats(first, again string) func(net.Conn) {
	return func(connection net.Conn) {
		_, err := io.WriteString(connection, first)
		for err == nil {
			_, err = io.WriteString(connection, again)
		}
	}
}

func encoded(frame protocol.Frame) string {
	var text strings.Builder
	protocol.WriteFrame(&text, frame)
	return text.String()
}

func output(offset int64, data string) string {
	return encoded(protocol.Frame{Kind: protocol.Stdout, Offset: offset, Data: []byte(data)})
}

// ofClients are the goroutines that work for a client.
func ofClients() []gleak.Goroutine {
	return slices.DeleteFunc(gleak.Goroutines(), func(g gleak.Goroutine) bool {
		return !strings.Contains(g.Backtrace, "podinit.(*Client)") && !strings.Contains(g.Backtrace, "podinit.(*attachment)")
	})
}

var _ = Describe("Whatever answers in init's place", func() {
	AfterEach(func() {
		// The connection is there still.
		Eventually(ofClients).Should(BeEmpty())
	})

	attach := func(ctx context.Context, client *podinit.Client) (podinit.Delivered, error) {
		delivered := podinit.Delivered{Stderr: -1}
		_, err := client.Attach(ctx, "step", podinit.ProcessIO{Stdout: io.Discard, Delivered: &delivered})
		return delivered, err
	}

	DescribeTable("has an attach end with an error", func(ctx SpecContext, answer func(net.Conn), complaint string) {
		delivered, err := attach(ctx, impostor(answer))
		Expect(err).To(MatchError(ContainSubstring(complaint)))
		Expect(delivered.Stdout).To(BeNumerically("<=", 1))
		Expect(delivered.Stderr).To(BeEquivalentTo(-1))
	},
		Entry("by switching to nothing", says("HTTP/1.1 101 Switching Protocols\r\n\r\n"), "something in the pod"),
		Entry("by switching to another protocol", says("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"), "something in the pod"),
		Entry("by no switch", says("HTTP/1.1 200 OK\r\n\r\n"), "something in the pod"),
		Entry("by silence", says(), "something in the pod"),
		Entry("by hanging up", func(connection net.Conn) { connection.Close() }, "something in the pod"),
		Entry("by another language", says("SSH-2.0-OpenSSH_9.2\r\n"), "something in the pod"),
		Entry("by headers without end", repeats("HTTP/1.1 101 Switching Protocols\r\n", "X: "+strings.Repeat("y", 1000)+"\r\n"), "something in the pod"),
		Entry("by provisional answers without end", repeats("", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"), "something in the pod"),
		Entry("by a refusal without end", repeats("HTTP/1.1 400 Bad Request\r\n\r\n", strings.Repeat(" ", 1000)), "something in the pod"),
		Entry("by a refusal that does not come to its end", says("HTTP/1.1 400 Bad Request\r\nContent-Length: 1000\r\n\r\n{"), "something in the pod"),
		Entry("by empty output without end", repeats(switching, output(0, "")), "of 0 bytes"),
		Entry("by output of a kind that there is not", says(switching, encoded(protocol.Frame{Kind: 77, Data: []byte("x")})), "kind 77"),
		Entry("by a client's word", says(switching, encoded(protocol.Frame{Kind: protocol.Done})), "kind 5"),
		Entry("by output that begins below nothing", says(switching, output(-5, "x")), "something in the pod"),
		Entry("by output that begins after what was delivered", says(switching, output(1<<62, "x")), "something in the pod"),
		Entry("by output that leaves some out", says(switching, output(0, "x"), output(2, "x")), "something in the pod"),
		Entry("by output that comes again", says(switching, output(0, "x"), output(0, "x")), "something in the pod"),
		Entry("by an exit status beyond a byte", says(switching, encoded(protocol.Frame{Kind: protocol.Exit, Data: []byte{255, 255, 255, 255}})), "something in the pod"),
	)

	It("can't send an attach elsewhere", func(ctx SpecContext) {
		_, err := attach(ctx, impostor(says("HTTP/1.1 307 Temporary Redirect\r\nLocation: http://init/start\r\nContent-Length: 0\r\n\r\n")))
		Expect(err).To(MatchError(ContainSubstring("something in the pod")))
	})

	DescribeTable("has a request end with an error", func(ctx SpecContext, answer func(net.Conn)) {
		err := impostor(answer).Start(ctx, podinit.ProcessSpec{ID: "step"})
		var gone *podinit.GoneError
		Expect(errors.As(err, &gone)).To(BeTrue(), "%v", err)
	},
		Entry("by silence", says()),
		Entry("by headers without end", repeats("HTTP/1.1 200 OK\r\n", "X: "+strings.Repeat("y", 1000)+"\r\n")),
		Entry("by provisional answers without end", repeats("", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n")),
		Entry("by a refusal without end", repeats("HTTP/1.1 400 Bad Request\r\n\r\n", strings.Repeat(" ", 1000))),
		Entry("by a refusal that does not come to its end", says("HTTP/1.1 400 Bad Request\r\nContent-Length: 1000\r\n\r\n{")),
		Entry("by a redirection in a circle", says("HTTP/1.1 307 Temporary Redirect\r\nLocation: http://init/start\r\nContent-Length: 0\r\n\r\n")),
	)

	It("can't make an error longer than a reader reads", func(ctx SpecContext) {
		client := impostor(says("HTTP/1.1 400 Bad Request\r\nContent-Length: 30014\r\n\r\n" + `{"Message":"` + strings.Repeat("x", 30_000) + `"}`))
		err := client.Start(ctx, podinit.ProcessSpec{ID: "step"})
		Expect(err).To(MatchError(HavePrefix("xxx")))
		Expect(len(err.Error())).To(BeNumerically("<", 5000))
	})

	Describe("can't hold up one who leaves", func() {
		leave := func(ctx context.Context, client *podinit.Client, streams podinit.ProcessIO, ready <-chan struct{}) {
			GinkgoHelper()
			attached, detach := context.WithCancel(ctx)
			ended := make(chan error, 1)
			go func() {
				_, err := client.Attach(attached, "step", streams)
				ended <- err
			}()
			Eventually(ready).Should(BeClosed())
			Expect(ofClients()).NotTo(BeEmpty())
			detach()
			Eventually(ended).Should(Receive(MatchError(context.Canceled)))
		}

		It("by silence", func(ctx SpecContext) {
			ready := make(chan struct{})
			leave(ctx, impostor(func(connection net.Conn) {
				io.WriteString(connection, switching)
				close(ready)
			}), podinit.ProcessIO{Stdout: io.Discard}, ready)
		})

		It("by output without end, of which it takes no acknowledgement", func(ctx SpecContext) {
			ready := make(chan struct{})
			leave(ctx, impostor(func(connection net.Conn) {
				io.WriteString(connection, switching)
				for offset := int64(0); ; offset++ {
					if _, err := io.WriteString(connection, output(offset, "x")); err != nil {
						return
					}
					if offset == 10 {
						close(ready)
					}
				}
			}), podinit.ProcessIO{Stdout: io.Discard}, ready)
		})
	})

	It("is left when it takes no acknowledgements", func(ctx SpecContext) {
		_, err := attach(ctx, impostor(func(connection net.Conn) {
			io.WriteString(connection, switching)
			for offset := int64(0); ; offset++ {
				if _, err := io.WriteString(connection, output(offset, "x")); err != nil {
					return
				}
			}
		}))
		Expect(err).To(MatchError(ContainSubstring("acknowledge")))
	})

	It("can't say goodbye for ever", func(ctx SpecContext) {
		client := impostor(repeats(switching+encoded(protocol.Frame{Kind: protocol.Exit, Data: []byte{0, 0, 0, 0}}), "goodbye"))
		Expect(client.Attach(ctx, "step", podinit.ProcessIO{Stdout: io.Discard})).To(BeZero())
	})
})

package podinit_test

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit/internal/protocol"
)

// longestExchange is more than the bounds and deadlines of a hurried client add up to.
const longestExchange = 5 * time.Second

// FuzzAnswer has a pod answer anything to the requests of its worker.
func FuzzAnswer(f *testing.F) {
	for _, answer := range []string{
		"",
		"HTTP/1.1 200 OK\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
		answered(`{"PodUID":"1a2b3c4d-0000-4000-8000-1234567890ab"}`),
		answered(`[{"ID":"step","ExitStatus":1},{"ID":"other","Running":true}]`),
		"HTTP/1.1 101 Switching Protocols\r\n\r\n",
		"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
		"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://init/start\r\n\r\n",
		"HTTP/1.1 404 Not Found\r\nContent-Length: 47\r\n\r\n" + `{"Code":"no-such-process","Subject":"x","Message":""}`,
		"HTTP/1.1 400 Bad Request\r\nContent-Length: 99999999999\r\n\r\n{",
		switching + output(0, "out") + encoded(protocol.Frame{Kind: protocol.Exit, Data: []byte{0, 0, 0, 1}}),
	} {
		f.Add([]byte(answer))
	}
	pod := newFuzzedPod(f)
	f.Fuzz(func(t *testing.T, answer []byte) {
		pod.answers(answer)
		within(t, func() {
			pod.client.Start(t.Context(), podinit.ProcessSpec{ID: "step"})
			if uid, err := pod.client.Ping(t.Context()); len(uid) > 64 || err != nil && uid != "" {
				t.Errorf("pod UID %q, error %v", uid, err)
			}
			checkProcesses(t, pod.client)
			pod.attach(t)
		})
	})
}

// FuzzOutput has a pod send anything once an attach has been agreed on.
func FuzzOutput(f *testing.F) {
	for _, frames := range []string{
		"",
		output(0, "one") + output(3, "two") + encoded(protocol.Frame{Kind: protocol.Exit, Data: []byte{0, 0, 0, 1}}),
		output(0, "one") + encoded(protocol.Frame{Kind: protocol.Stderr, Data: []byte("err")}) + encoded(protocol.Frame{Kind: protocol.Stopped}),
		output(0, "one") + output(2, "two"),
		output(-1, "one"),
		output(0, ""),
		encoded(protocol.Frame{Kind: protocol.Broken, Data: []byte("no space left on device")}),
		encoded(protocol.Frame{Kind: protocol.Exit, Data: []byte{0, 0, 0, 0}}) + strings.Repeat("x", 1000),
		encoded(protocol.Frame{Kind: protocol.Done}),
		"\x01\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff",
	} {
		f.Add([]byte(frames))
	}
	pod := newFuzzedPod(f)
	f.Fuzz(func(t *testing.T, frames []byte) {
		pod.answers(append([]byte(switching), frames...))
		within(t, func() { pod.attach(t) })
	})
}

// FuzzFrame reads frames of anything: each is what its encoding says, and within bounds.
func FuzzFrame(f *testing.F) {
	f.Add([]byte(output(7, "data") + encoded(protocol.Frame{Kind: protocol.Done})))
	f.Add([]byte("\x01\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, encoded []byte) {
		reader := bytes.NewReader(encoded)
		buffer := make([]byte, protocol.MaxData)
		for {
			before := len(encoded) - reader.Len()
			frame, err := protocol.ReadFrame(reader, buffer)
			if err != nil {
				return
			}
			var again bytes.Buffer
			protocol.WriteFrame(&again, frame)
			if read := encoded[before : len(encoded)-reader.Len()]; !bytes.Equal(again.Bytes(), read) {
				t.Fatalf("%q was read as %v", read, frame)
			}
		}
	})
}

// fuzzedPod answers each request on its socket with the same bytes.
type fuzzedPod struct {
	client *podinit.Client
	answer atomic.Pointer[[]byte]
}

func newFuzzedPod(f *testing.F) *fuzzedPod {
	socket := filepath.Join(f.TempDir(), "init.sock")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { listener.Close() })
	pod := &fuzzedPod{client: podinit.NewClient(socket)}
	pod.client.Hurry()
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go pod.serve(connection.(*net.UnixConn))
		}
	}()
	return pod
}

func (p *fuzzedPod) answers(answer []byte) { p.answer.Store(&answer) }

func (p *fuzzedPod) serve(connection *net.UnixConn) {
	defer connection.Close()
	reader := bufio.NewReader(connection)
	if request, err := http.ReadRequest(reader); err == nil {
		io.Copy(io.Discard, request.Body)
	}
	connection.Write(*p.answer.Load())
	connection.CloseWrite()
	io.Copy(io.Discard, reader)
}

// attach checks that what was delivered is what was written, whatever the pod said.
func (p *fuzzedPod) attach(t *testing.T) {
	var stdout, stderr countingWriter
	stdout.to, stderr.to = io.Discard, io.Discard
	delivered := podinit.Delivered{}
	status, err := p.client.Attach(t.Context(), "step", podinit.ProcessIO{Stdout: &stdout, Stderr: &stderr, Delivered: &delivered})
	if written := (podinit.Delivered{Stdout: int64(stdout.n), Stderr: int64(stderr.n)}); delivered != written {
		t.Errorf("%v was noted, %v was written", delivered, written)
	}
	if status < 0 || status > 255 || err != nil && status != 0 {
		t.Errorf("exit status %d, error %v", status, err)
	}
}

// checkProcesses checks that what is told of processes can be.
func checkProcesses(t *testing.T, client *podinit.Client) {
	states, err := client.Processes(t.Context())
	if err != nil && states != nil {
		t.Errorf("%d processes, error %v", len(states), err)
	}
	for _, state := range states {
		if state.ID == "" || len(state.ID) > 1<<10 || state.ExitStatus < 0 || state.ExitStatus > 255 {
			t.Errorf("%+v", state)
		}
	}
}

func within(t *testing.T, do func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		do()
	}()
	select {
	case <-done:
	case <-time.After(longestExchange):
		t.Fatal("the pod holds its worker up")
	}
}

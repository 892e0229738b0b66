package outputstream_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/worker/outputstream"
)

var _ = Describe("a stream", func() {
	var (
		worker, web net.Conn
		sender      *outputstream.Sender
		failures    chan error
	)

	BeforeEach(func() {
		worker, web = net.Pipe()
		DeferCleanup(worker.Close)
		DeferCleanup(web.Close)
		sender = outputstream.NewSender(worker)
		failures = make(chan error, 10)
	})

	receive := func(w io.Writer) chan error {
		ended := make(chan error, 1)
		receiver := outputstream.NewReceiver(web, "some-container", true, func(err error) { failures <- err })
		go func() {
			_, err := io.Copy(w, bufio.NewReader(receiver))
			ended <- err
		}()
		return ended
	}

	It("delivers every byte, also of what is larger than a piece", func() {
		var all bytes.Buffer
		ended := receive(&all)
		large := strings.Repeat("0123456789", 300_000)
		Expect(sender.WriteOutput([]byte("begin "), 0)).To(BeEquivalentTo(6))
		Expect(sender.WriteOutput([]byte(large), 6)).To(BeEquivalentTo(6 + len(large)))
		Expect(worker.Close()).To(Succeed())
		Eventually(ended).Should(Receive(BeNil()))
		Expect(all.String() == "begin "+large).To(BeTrue())
	})

	It("does not return from sending before the writer has returned", func() {
		reader, writer := io.Pipe()
		receive(writer)
		sent := make(chan error, 1)
		go func() {
			_, err := sender.WriteOutput([]byte("slow"), 0)
			sent <- err
		}()
		Consistently(sent, "50ms").ShouldNot(Receive())
		Expect(io.ReadFull(reader, make([]byte, 4))).To(Equal(4))
		Eventually(sent).Should(Receive(BeNil()))
	})

	It("tells the worker what a log has for good", func() {
		log := &fakeLog{taken: 3}
		receive(log)
		Expect(sender.WriteOutput([]byte("some text"), 2)).To(BeEquivalentTo(3))
		Expect(log.container).To(Equal("some-container"))
		Expect(log.attached).To(BeTrue())
		Expect(log.positions).To(Equal([]int64{2}))
	})

	It("lets the process come to its end when the writer has failed", func() {
		ended := receive(failing{})
		Expect(sender.WriteOutput([]byte("one"), 0)).To(BeEquivalentTo(3))
		Expect(sender.WriteOutput([]byte("two"), 3)).To(BeEquivalentTo(6))
		Expect(worker.Close()).To(Succeed())
		Eventually(ended).Should(Receive(MatchError("no such build")))
		Expect(failures).To(HaveLen(1))
	})

	It("fails to send when web is gone", func() {
		Expect(web.Close()).To(Succeed())
		taken, err := sender.WriteOutput([]byte("lost"), 7)
		Expect(err).To(HaveOccurred())
		Expect(taken).To(BeEquivalentTo(7))
	})

	It("says what web has taken when web is gone, not where the next piece begins", func() {
		receive(&fakeLog{taken: 3})
		Expect(sender.WriteOutput([]byte("second"), 0)).To(BeEquivalentTo(3))
		Expect(web.Close()).To(Succeed())
		for position := int64(6); position < 20; position += 6 {
			taken, err := sender.WriteOutput([]byte("second"), position)
			Expect(err).To(HaveOccurred())
			Expect(taken).To(BeEquivalentTo(3))
		}
	})

	It("says what web has taken of the pieces before the one with which web went", func() {
		go func() {
			defer web.Close()
			io.ReadFull(web, make([]byte, 8+4+1<<20))
			web.Write([]byte{0, 0, 0, 0, 0, 0, 0, 9})
		}()
		taken, err := sender.WriteOutput(make([]byte, 1<<20+1), 5)
		Expect(err).To(HaveOccurred())
		Expect(taken).To(BeEquivalentTo(9))
	})

	It("does not believe that more was taken than was sent", func() {
		go func() {
			io.ReadFull(web, make([]byte, 8+4+4))
			web.Write([]byte{0, 0, 0, 0, 0, 0, 1, 0})
		}()
		_, err := sender.WriteOutput([]byte("four"), 0)
		Expect(err).To(MatchError(ContainSubstring("took the output up to 256, of which 4 bytes were sent")))
	})

	It("refuses a piece that is too large to be one", func() {
		ended := receive(io.Discard)
		worker.Write([]byte{0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255})
		Eventually(ended).Should(Receive(MatchError(ContainSubstring("a piece of 4294967295 bytes"))))
	})
})

type fakeLog struct {
	failing
	container string
	attached  bool
	positions []int64
	taken     int64
}

func (l *fakeLog) OutputOf(container string, attached bool) outputstream.Destination {
	l.container, l.attached = container, attached
	return l
}

func (l *fakeLog) WriteOutput(_ []byte, position int64) (int64, error) {
	l.positions = append(l.positions, position)
	return l.taken, nil
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("no such build") }

package gardenserver_test

import (
	"bytes"
	"context"
	"io"
	"strings"

	"code.cloudfoundry.org/garden"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("a client that knows nothing of this server", func() {
	var s *served

	BeforeEach(func() { s = newServed() })

	It("gets the output, the status, and has its input delivered", func() {
		var stdout, stderr bytes.Buffer
		process, running := s.run(garden.ProcessIO{Stdin: strings.NewReader("in"), Stdout: &stdout, Stderr: &stderr})
		Expect(io.ReadAll(running.io.Stdin)).To(BeEquivalentTo("in"))
		io.WriteString(running.io.Stdout, "out")
		io.WriteString(running.io.Stderr, "err")
		running.status <- 3

		Expect(process.Wait()).To(Equal(3))
		Expect(stdout.String()).To(Equal("out"))
		Expect(stderr.String()).To(Equal("err"))
	})

	It("gets the end of a process that printed nothing and has ended before its streams are fetched", func() {
		process, running := s.run(garden.ProcessIO{})
		running.status <- 0
		Expect(process.Wait()).To(Equal(0))
	})

	It("is waited for when it is slow, and gets every byte", func() {
		line := strings.Repeat("0123456789abcdef", 2<<10)
		const pieces = 2000
		got, slow := io.Pipe()
		process, running := s.run(garden.ProcessIO{Stdout: slow})
		written := make(chan error, 1)
		go func() {
			for range pieces {
				if _, err := io.WriteString(running.io.Stdout, line); err != nil {
					written <- err
					return
				}
			}
			written <- nil
			running.status <- 0
		}()
		Consistently(written, "200ms").ShouldNot(Receive())

		all := make([]byte, pieces*len(line))
		_, err := io.ReadFull(got, all)
		Expect(err).NotTo(HaveOccurred())
		Expect(string(all) == strings.Repeat(line, pieces)).To(BeTrue())
		Eventually(written).Should(Receive(BeNil()))
		Expect(process.Wait()).To(Equal(0))
	})

	It("is left when it is gone, although its input had come to its end", func() {
		_, running := s.run(garden.ProcessIO{Stdin: strings.NewReader(""), Stderr: io.Discard})
		Expect(io.ReadAll(running.io.Stdin)).To(BeEmpty())
		s.breakConns()

		Eventually(running.detached).Should(BeClosed())
		Eventually(write(running.io.Stderr, "kept for the next")).Should(Receive(HaveOccurred()))
	})

	It("does not end the input of the process with its own death", func() {
		_, running := s.run(garden.ProcessIO{Stdin: blocking{}})
		s.breakConns()
		_, err := io.ReadAll(running.io.Stdin)
		Expect(err).To(MatchError(ContainSubstring("is gone")))
	})

	It("gives way to a client that attaches, also while it is being waited for", func() {
		_, first := s.run(garden.ProcessIO{Stdout: blocking{}})
		written := make(chan error, 1)
		go func() {
			_, err := io.Copy(first.io.Stdout, zeros{})
			written <- err
		}()
		Consistently(written, "100ms").ShouldNot(Receive())

		var stdout bytes.Buffer
		process, second := s.attach(garden.ProcessIO{Stdout: &stdout})
		Eventually(written).Should(Receive(HaveOccurred()))
		Eventually(first.detached).Should(BeClosed())
		io.WriteString(second.io.Stdout, "the rest")
		second.status <- 0
		Expect(process.Wait()).To(Equal(0))
		Expect(stdout.String()).To(Equal("the rest"))
	})

	It("hears Garden's errors", func() {
		container, err := s.client.Lookup("some-handle")
		Expect(err).NotTo(HaveOccurred())
		s.backend.LookupReturns(nil, garden.ContainerNotFoundError{Handle: "some-handle"})
		_, err = container.Run(context.Background(), garden.ProcessSpec{}, garden.ProcessIO{})
		Expect(err).To(Equal(garden.ContainerNotFoundError{Handle: "some-handle"}))
	})
})

// blocking is a reader and a writer that never gets to its end.
type blocking struct{}

func (blocking) Read([]byte) (int, error)  { select {} }
func (blocking) Write([]byte) (int, error) { select {} }

type zeros struct{}

func (zeros) Read(buffer []byte) (int, error) { return len(buffer), nil }

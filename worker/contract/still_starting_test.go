package contract_test

import (
	"encoding/json"
	"errors"
	"strings"

	"code.cloudfoundry.org/garden"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/worker/contract"
)

var _ = Describe("a container that is still starting", func() {
	// throughGarden is what Garden's protocol leaves of an error.
	throughGarden := func(err error) error {
		GinkgoHelper()
		sent, encodingError := json.Marshal(&garden.Error{Err: err})
		Expect(encodingError).NotTo(HaveOccurred())
		var received garden.Error
		Expect(json.Unmarshal(sent, &received)).To(Succeed())
		return received.Err
	}

	waitsFor := func(waiting string) string {
		GinkgoHelper()
		received := throughGarden(contract.StillStarting{Handle: "some-handle", Waiting: waiting})
		parsed, ok := contract.ParseStillStarting("some-handle", received)
		Expect(ok).To(BeTrue())
		return parsed
	}

	It("says what it waits for, to a reader and through Garden's protocol", func() {
		const waiting = "the node has no room: 4 of 4 CPUs are taken"
		Expect(contract.StillStarting{Handle: "some-handle", Waiting: waiting}).To(
			MatchError("container some-handle is still starting: " + waiting))
		Expect(waitsFor(waiting)).To(Equal(waiting))
	})

	It("may not know what it waits for", func() {
		Expect(waitsFor("")).To(BeEmpty())
	})

	DescribeTable("says it in one line that a terminal shows",
		func(waiting, shown string) {
			Expect(waitsFor(waiting)).To(Equal(shown))
			starting := contract.StillStarting{Handle: "some-handle", Waiting: waiting}
			Expect(starting.Error()).NotTo(ContainSubstring("\n"))
			parsed, ok := contract.ParseStillStarting("some-handle", errors.New("container some-handle is still starting: "+waiting))
			Expect(ok).To(BeTrue())
			Expect(parsed).To(Equal(shown), "of a worker that does not see to that")
		},
		Entry("of several lines", "ErrImagePull: a\nb\r\n", "ErrImagePull: a b"),
		Entry("with an escape sequence", "a\x1b[2Jb", "a [2Jb"),
		Entry("with marks that reverse its direction", "a\u202eb", "a b"),
		Entry("with bytes that are no text", "a\xffb", "a\ufffdb"),
	)

	It("says no more than a property may have", func() {
		Expect(len(waitsFor(strings.Repeat("ü", 1<<20)))).To(And(
			BeNumerically("<=", contract.MaxLength), BeNumerically(">", contract.MaxLength-8)))
	})

	DescribeTable("is told apart from a start that failed",
		func(err error) {
			waiting, ok := contract.ParseStillStarting("some-handle", err)
			Expect(ok).To(BeFalse())
			Expect(waiting).To(BeEmpty())
		},
		Entry("none", nil),
		Entry("a failed pull", errors.New("start pod: ErrImagePull: not found")),
		Entry("one that quotes a registry with the same words",
			errors.New("start pod: ErrImagePull: container some-handle is still starting: for ever")),
		Entry("one that quotes them in a line of their own",
			errors.New("start pod: ErrImagePull:\ncontainer some-handle is still starting: for ever")),
		Entry("another container", contract.StillStarting{Handle: "other-handle", Waiting: "for room"}),
	)
})

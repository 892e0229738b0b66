package podinit_test

import (
	"errors"
	"fmt"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
)

var _ = Describe("which pod init is in", func() {
	const podUID = "1a2b3c4d-0000-4000-8000-1234567890ab"

	It("is told to who asks", func(ctx SpecContext) {
		p := startPod(podOptions{args: []string{"--pod-uid", podUID}})
		Expect(p.Ping(ctx)).To(Equal(podUID))
	})

	It("is empty where init was not told", func(ctx SpecContext) {
		Expect(startPod(podOptions{}).Ping(ctx)).To(BeEmpty())
	})

	It("is empty for an init of an earlier version, which answers without a word", func(ctx SpecContext) {
		Expect(impostor(says("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")).Ping(ctx)).To(BeEmpty())
	})

	It("is in the environment of no process, a person's shell included, and all else of the image's is", func(ctx SpecContext) {
		p := startPod(podOptions{env: []string{"PATH=/usr/bin:/bin", "IMAGE=image", podinit.PodUIDVariable + "=" + podUID}})
		step := podinit.ProcessSpec{Path: "env", Env: []string{"STEP=step"}}
		person := step
		person.Terminal, person.Unlogged = &podinit.WindowSize{Columns: 80, Rows: 24}, true
		for _, spec := range []podinit.ProcessSpec{step, person} {
			Expect(p.run(ctx, spec).stdout).To(And(
				ContainSubstring("IMAGE=image"), ContainSubstring("STEP=step"),
				Not(ContainSubstring(podinit.PodUIDVariable)), Not(ContainSubstring(podUID)),
			))
		}
	})

	DescribeTable("is not believed", func(ctx SpecContext, answer string) {
		podUID, err := impostor(says(answer)).Ping(ctx)
		var gone *podinit.GoneError
		Expect(errors.As(err, &gone)).To(BeTrue(), "%v", err)
		Expect(podUID).To(BeEmpty())
	},
		Entry("if it is longer than a UID", answered(`{"PodUID":"`+strings.Repeat("x", 65)+`"}`)),
		Entry("if it is of another type", answered(`{"PodUID":["x"]}`)),
		Entry("if it is half of an answer", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"+`{"PodUID":"x"}`),
		Entry("if more comes after it", answered(`{"PodUID":"x"}{"PodUID":"x"}`)),
	)
})

// answered is an answer that comes to its end.
func answered(content string) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(content), content)
}

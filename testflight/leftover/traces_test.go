package leftover_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/testflight/leftover"
)

var _ = Describe("Traces", func() {
	now := leftover.Traces{"pods": {"old", "new"}, "mounts": {"/old"}, "Secrets": {"first"}}

	It("are told from those that were there before, kind by kind", func() {
		before := leftover.Traces{"pods": {"old", "gone"}, "mounts": {"/old", "new"}}
		Expect(now.Since(before)).To(Equal(leftover.Traces{"pods": {"new"}, "mounts": {}, "Secrets": {"first"}}))
		Expect(now["pods"]).To(Equal([]string{"old", "new"}), "the list itself stays")
	})

	It("can be without what has a word in its name", func() {
		Expect(now.Without([]string{"ol", "irs"})).To(Equal(leftover.Traces{"pods": {"new"}, "mounts": {}, "Secrets": {}}))
	})

	It("are named in order, each with its kind", func() {
		all := leftover.Traces{"pods": {"one"}}
		all.Add(leftover.Traces{"pods": {"another"}, "mounts": {"/here"}})
		Expect(all.Names()).To(Equal([]string{"mounts: /here", "pods: another", "pods: one"}))
	})
})

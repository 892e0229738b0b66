package contract_test

import (
	"strings"
	"unicode/utf8"

	"code.cloudfoundry.org/garden"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/worker/contract"
)

var _ = Describe("a property of any length", func() {
	It("stays as it is up to the most that it may have", func() {
		Expect(contract.Cut("")).To(BeEmpty())
		longest := strings.Repeat("a", contract.MaxLength)
		Expect(contract.Cut(longest)).To(Equal(longest))
	})

	It("is cut between two characters, and marked", func() {
		for _, start := range []string{"", "a", "ab", "abc"} {
			cut := contract.Cut(start + strings.Repeat("𝒳", 1<<18))
			Expect(len(cut)).To(BeNumerically("<=", contract.MaxLength))
			Expect(len(cut)).To(BeNumerically(">", contract.MaxLength-8))
			Expect(utf8.ValidString(cut)).To(BeTrue())
			Expect(cut).To(And(HavePrefix(start+"𝒳"), HaveSuffix("𝒳…")))
		}
	})

	It("is cut twice as it is once", func() {
		once := contract.Cut(strings.Repeat("ü", 1<<20))
		Expect(contract.Cut(once)).To(Equal(once))
	})

	It("is cut among others, which stay as they are", func() {
		long := strings.Repeat("a", 2000)
		given := garden.Properties{contract.Step: long, "user": long}
		cut := contract.CutAll(given)
		Expect(cut).To(Equal(garden.Properties{contract.Step: contract.Cut(long), "user": long}))
		Expect(given[contract.Step]).To(Equal(long))
	})
})

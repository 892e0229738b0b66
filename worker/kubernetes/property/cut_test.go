package property_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"code.cloudfoundry.org/garden"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/property"
)

func TestSuite(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Properties")
}

var _ = Describe("a property of any length", func() {
	It("stays as it is up to the most that it may have", func() {
		Expect(property.Cut("")).To(BeEmpty())
		longest := strings.Repeat("a", property.MaxLength)
		Expect(property.Cut(longest)).To(Equal(longest))
	})

	It("is cut between two characters, and marked", func() {
		for _, start := range []string{"", "a", "ab", "abc"} {
			cut := property.Cut(start + strings.Repeat("𝒳", 1<<18))
			Expect(len(cut)).To(BeNumerically("<=", property.MaxLength))
			Expect(len(cut)).To(BeNumerically(">", property.MaxLength-8))
			Expect(utf8.ValidString(cut)).To(BeTrue())
			Expect(cut).To(And(HavePrefix(start+"𝒳"), HaveSuffix("𝒳…")))
		}
	})

	It("is cut twice as it is once", func() {
		once := property.Cut(strings.Repeat("ü", 1<<20))
		Expect(property.Cut(once)).To(Equal(once))
	})

	It("is cut among others, which stay as they are", func() {
		long := strings.Repeat("a", 2000)
		given := garden.Properties{property.Step: long, "user": long}
		cut := property.CutAll(given)
		Expect(cut).To(Equal(garden.Properties{property.Step: property.Cut(long), "user": long}))
		Expect(given[property.Step]).To(Equal(long))
	})
})

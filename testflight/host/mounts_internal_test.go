package host

import (
	"strings"

	"github.com/moby/sys/mountinfo"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("The mounts below a folder", func() {
	It("are neither the folder's own nor those below another", func() {
		mounts, err := mountinfo.GetMountsFromReader(strings.NewReader(`22 1 254:0 / / rw - ext4 /dev/vda rw
23 22 0:5 / /state rw - tmpfs tmpfs rw
24 23 0:6 / /state/a\040b rw - tmpfs tmpfs rw
25 22 0:7 / /state2/c rw - tmpfs tmpfs rw
`), below("/state"))
		Expect(err).NotTo(HaveOccurred())
		Expect(mountPoints(mounts)).To(Equal([]string{"/state/a b"}))
	})
})

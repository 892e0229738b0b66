package host

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("Removing the port rules of a network", func() {
	const ours = `:CNI-HOSTPORT-DNAT - [0:0]
:CNI-HOSTPORT-MASQ - [0:0]
:CNI-DN-1 - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT
-A CNI-DN-1 -s 127.0.0.1/32 -j CNI-HOSTPORT-SETMARK
-A CNI-HOSTPORT-DNAT -m comment --comment "dnat name: \"ctf-pods\" id: \"a\"" -j CNI-DN-1
`

	It("removes portmap's chains too", func() {
		Expect(portRulesRemoval(ours, "ctf-pods")).To(Equal(`*nat
-D CNI-HOSTPORT-DNAT -m comment --comment "dnat name: \"ctf-pods\" id: \"a\"" -j CNI-DN-1
-D PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT
-F CNI-DN-1
-F CNI-HOSTPORT-DNAT
-F CNI-HOSTPORT-MASQ
-X CNI-DN-1
-X CNI-HOSTPORT-DNAT
-X CNI-HOSTPORT-MASQ
COMMIT
`))
	})

	It("keeps what another network uses", func() {
		others := `-A CNI-HOSTPORT-DNAT -m comment --comment "dnat name: \"podman\" id: \"b\"" -j CNI-DN-2
`
		Expect(portRulesRemoval(ours+others, "ctf-pods")).To(Equal(`*nat
-D CNI-HOSTPORT-DNAT -m comment --comment "dnat name: \"ctf-pods\" id: \"a\"" -j CNI-DN-1
-F CNI-DN-1
-X CNI-DN-1
COMMIT
`))
	})

	It("does nothing if there are none", func() {
		Expect(portRulesRemoval("*nat\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n", "ctf-pods")).To(BeEmpty())
	})
})

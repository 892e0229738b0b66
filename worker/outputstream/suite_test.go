package outputstream_test

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

func TestOutputStream(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Output Stream Suite")
}

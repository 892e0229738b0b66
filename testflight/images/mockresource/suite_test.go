package mockresource_test

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

func TestMockResource(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Mock Resource Suite")
}

package kubernetes

import (
	"fmt"
	"io"

	"code.cloudfoundry.org/garden"
)

func unsupported(what string) error {
	return fmt.Errorf("%s is not supported by the Kubernetes runtime", what)
}

// Metrics are zeros: the kubelet has the metrics of pods.
func (c *Container) Metrics() (garden.Metrics, error) {
	return garden.Metrics{}, nil
}

func (c *Container) StreamIn(garden.StreamInSpec) error {
	return unsupported("streaming files into a container")
}

func (c *Container) StreamOut(garden.StreamOutSpec) (io.ReadCloser, error) {
	return nil, unsupported("streaming files out of a container")
}

func (c *Container) CurrentBandwidthLimits() (garden.BandwidthLimits, error) {
	return garden.BandwidthLimits{}, unsupported("bandwidth limits")
}

func (c *Container) CurrentCPULimits() (garden.CPULimits, error) {
	return garden.CPULimits{}, unsupported("asking for CPU limits")
}

func (c *Container) CurrentDiskLimits() (garden.DiskLimits, error) {
	return garden.DiskLimits{}, unsupported("disk limits")
}

func (c *Container) CurrentMemoryLimits() (garden.MemoryLimits, error) {
	return garden.MemoryLimits{}, unsupported("asking for memory limits")
}

func (c *Container) NetIn(uint32, uint32) (uint32, uint32, error) {
	return 0, 0, unsupported("mapping ports")
}

func (c *Container) NetOut(garden.NetOutRule) error {
	return unsupported("network rules")
}

func (c *Container) BulkNetOut([]garden.NetOutRule) error {
	return unsupported("network rules")
}

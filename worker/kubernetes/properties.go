package kubernetes

import (
	"fmt"
	"time"

	"code.cloudfoundry.org/garden"

	"github.com/concourse/concourse-kubernetes/worker/contract"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/internal/statedir"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/lifecycle"
)

// Properties are those the container was created with, those set later, contract.GaveWay of
// one whose pod made room for others, and contract.Lost of one whose pod ended for its node's
// sake before the step had.
func (c *Container) Properties() (garden.Properties, error) {
	return c.properties(), nil
}

func (c *Container) properties() garden.Properties {
	properties := c.state.Read().Properties
	switch life, _ := c.life.See(); {
	case life.Phase == lifecycle.GaveWay:
		properties[contract.GaveWay] = life.Reason.Error()
	case c.isLost():
		properties[contract.Lost] = life.Reason.Error()
	}
	return properties
}

func (c *Container) hasAll(wanted garden.Properties) bool {
	properties := c.properties()
	for name, value := range wanted {
		if has, ok := properties[name]; !ok || has != value {
			return false
		}
	}
	return true
}

func (c *Container) Property(name string) (string, error) {
	value, ok := c.properties()[name]
	if !ok {
		return "", fmt.Errorf("container %s has no property %s", c.handle, name)
	}
	return value, nil
}

func (c *Container) SetProperty(name, value string) error {
	return c.state.Change(func(r *statedir.Record) { r.Properties[name] = value })
}

func (c *Container) RemoveProperty(name string) error {
	if _, err := c.Property(name); err != nil {
		return err
	}
	return c.state.Change(func(r *statedir.Record) { delete(r.Properties, name) })
}

func (c *Container) SetGraceTime(graceTime time.Duration) error {
	return c.state.Change(func(r *statedir.Record) { r.GraceTime = graceTime })
}

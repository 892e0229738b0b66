// Package ecr turns the aws_* fields of a registry-image source into a login
// for Amazon's container registry, ECR, so that a kubelet can pull the image.
//
// The fields and their meaning are those of the registry-image resource
// v1.18.0, with one difference: the source has to bring its keys. The resource
// without keys uses the AWS identity of where it runs. This package runs in the
// web node, whose identity is not the pipeline author's to use; so nothing here
// looks at AWS_* variables, shared configuration files or the metadata services
// of instances and containers.
package ecr

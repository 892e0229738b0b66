// Package cpuweight gives the control groups of a pod the CPU weight that the shares of
// its container stand for.
//
// A kubelet derives the weight from the CPU request. A step's request reserves next to
// nothing: so little that the weights of version 2 have too few steps for it, and that
// nothing is left for a step beside the node's other pods. So the worker writes the
// weight itself once the container runs. The kubelet writes it when it makes the pod's
// control group, and not again.
//
// What the worker writes are the shares with control groups of version 1, and with
// version 2 a weight in proportion to them: the kernel's defaults, 1024 shares and a
// weight of 100, are the same there. Beside another Burstable pod, a step with 1024
// shares then weighs as much as a request of one CPU with version 1. With version 2 it is
// up to 2.6 times that: kubelets up to 1.34 make a weight of 39 of such a request.
//
// What all Burstable pods together weigh beside the rest of the node is the kubelet's
// matter: it follows from what they request.
//
// A systemd that is told to reload its units (systemctl daemon-reload) sets the weights
// of its own scopes and slices anew, to what the kubelet had asked for.
package cpuweight

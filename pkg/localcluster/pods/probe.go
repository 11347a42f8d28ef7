// SPDX-License-Identifier: Apache-2.0

package pods

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// probe asks the container's probes for as long as its process is alive. Liveness ends with
// ending, since who is about to end may be unwell; readiness goes on.
func (c *container) probe(alive, ending context.Context, unhealthy chan<- struct{}) {
	died := func() {
		select {
		case unhealthy <- struct{}{}:
		default:
		}
	}
	if p := c.spec.StartupProbe; p != nil {
		up, cancel := context.WithCancel(alive)
		c.ask(up, p, func(success bool) {
			if success {
				cancel()
			} else {
				died()
			}
		})
		cancel()
		if alive.Err() != nil {
			return
		}
	}
	c.change(func() { c.started, c.ready = true, c.spec.ReadinessProbe == nil })
	var both sync.WaitGroup
	if p := c.spec.ReadinessProbe; p != nil {
		both.Go(func() { c.ask(alive, p, func(success bool) { c.change(func() { c.ready = success }) }) })
	}
	if p := c.spec.LivenessProbe; p != nil {
		living, cancel := context.WithCancel(alive)
		defer cancel()
		defer context.AfterFunc(ending, cancel)()
		both.Go(func() {
			c.ask(living, p, func(success bool) {
				if !success {
					died()
				}
			})
		})
	}
	both.Wait()
}

// change changes what is known of the container, and has the Pod report it if that is new.
func (c *container) change(change func()) {
	c.mu.Lock()
	started, ready := c.started, c.ready
	change()
	changed := started != c.started || ready != c.ready
	c.mu.Unlock()
	if changed {
		c.pod.look()
	}
}

// ask asks a probe until the context is done, and calls verdict whenever the last
// answers are as many of one sort as its thresholds want.
func (c *container) ask(ctx context.Context, probe *corev1.Probe, verdict func(success bool)) {
	wait := time.Duration(probe.InitialDelaySeconds) * time.Second
	var successes, failures int32
	for {
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
		wait = time.Duration(probe.PeriodSeconds) * time.Second
		success := c.get(ctx, probe)
		if ctx.Err() != nil {
			return
		}
		if success {
			successes, failures = successes+1, 0
		} else {
			successes, failures = 0, failures+1
		}
		if successes >= probe.SuccessThreshold {
			verdict(true)
		} else if failures >= probe.FailureThreshold {
			verdict(false)
		}
	}
}

// probeTransport asks as a kubelet does: anew each time, and without a look at the certificate, since nobody
// told it whom to trust and all that it gives away is the question.
var probeTransport = &http.Transport{
	TLSClientConfig:   &tls.Config{InsecureSkipVerify: true},
	DisableKeepAlives: true,
}

// get asks once.
func (c *container) get(ctx context.Context, probe *corev1.Probe) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(probe.TimeoutSeconds)*time.Second)
	defer cancel()
	action := probe.HTTPGet
	host := action.Host
	if host == "" {
		host = reachable(c.pod.address)
	}
	path, query, _ := strings.Cut(action.Path, "?")
	target := url.URL{
		Scheme: strings.ToLower(string(action.Scheme)), Host: net.JoinHostPort(host, c.port(action.Port)), Path: path, RawQuery: query,
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return false
	}
	for _, header := range action.HTTPHeaders {
		request.Header.Add(header.Name, header.Value)
	}
	response, err := probeTransport.RoundTrip(request)
	if err != nil {
		return false
	}
	response.Body.Close()
	return response.StatusCode >= http.StatusOK && response.StatusCode < http.StatusBadRequest
}

// port returns the number of a port that may be given by its name.
func (c *container) port(of intstr.IntOrString) string {
	for _, port := range c.spec.Ports {
		if of.Type == intstr.String && port.Name == of.StrVal {
			return strconv.Itoa(int(port.ContainerPort))
		}
	}
	return of.String()
}

// SPDX-License-Identifier: Apache-2.0

package observability

import (
	"context"
	"fmt"
	"net"
	"os"
	"sync"

	collectorv1 "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonv1 "go.opentelemetry.io/proto/otlp/common/v1"
	tracev1 "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
)

// receiver keeps the spans that programs send it as OpenTelemetry has it.
type receiver struct {
	collectorv1.UnimplementedTraceServiceServer

	lock  sync.Mutex
	spans []span
}

type span = *tracev1.Span

// receive starts a receiver, which ends with the process, and writes a TracingConfiguration for it that records the requests which
// the caller has sampled, and no others.
func receive(config string) (*receiver, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r, server := &receiver{}, grpc.NewServer()
	collectorv1.RegisterTraceServiceServer(server, r)
	go func() { _ = server.Serve(listener) }()
	return r, os.WriteFile(config, fmt.Appendf(nil,
		"apiVersion: apiserver.config.k8s.io/v1\nkind: TracingConfiguration\nendpoint: %s\n", listener.Addr()), 0o600)
}

// Export implements collectorv1.TraceServiceServer.
func (r *receiver) Export(_ context.Context, request *collectorv1.ExportTraceServiceRequest) (*collectorv1.ExportTraceServiceResponse, error) {
	r.lock.Lock()
	defer r.lock.Unlock()
	for _, resource := range request.ResourceSpans {
		for _, scope := range resource.ScopeSpans {
			r.spans = append(r.spans, scope.Spans...)
		}
	}
	return &collectorv1.ExportTraceServiceResponse{}, nil
}

// trace are the spans of the trace that have come so far.
func (r *receiver) trace(id []byte) (found []span) {
	r.lock.Lock()
	defer r.lock.Unlock()
	for _, s := range r.spans {
		if string(s.TraceId) == string(id) {
			found = append(found, s)
		}
	}
	return found
}

// value is that of an attribute, as text; empty where there is none.
func value(attributes []*commonv1.KeyValue, key string) string {
	for _, attribute := range attributes {
		if attribute.Key == key {
			return attribute.Value.GetStringValue()
		}
	}
	return ""
}

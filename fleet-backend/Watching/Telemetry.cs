using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace DePin.Fleet.Watching;

/// <summary>Sends metrics and traces to whoever keeps them, by OTLP over HTTP; does nothing without an endpoint.</summary>
internal static class Telemetry
{
    /// <summary>Name under which the backend is known there.</summary>
    public const string ServiceName = "depin-fleet-backend";

    // What the web server and the runtime measure beside the backend's own.
    private static readonly string[] Meters = [FleetGauges.MeterName, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime"];

    /// <summary>Adds the gauges, and the exporters where there is an endpoint.</summary>
    public static void AddTelemetry(this IServiceCollection services, TelemetrySettings settings)
    {
        services.AddSingleton<FleetGauges>();
        if (settings.OtlpEndpoint is not { } endpoint)
        {
            return;
        }

        services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(ServiceName, serviceVersion: typeof(Telemetry).Assembly.GetName().Version?.ToString(3), serviceInstanceId: Environment.MachineName))
            .WithMetrics(metrics => metrics.AddMeter(Meters).AddOtlpExporter((exporter, reader) =>
            {
                To(exporter, settings, endpoint, "v1/metrics");
                reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = settings.ExportSeconds * 1000;
            }))
            .WithTracing(traces => traces.AddSource(RequestTraces.SourceName)
                .SetSampler(new TraceIdRatioBasedSampler(settings.TracedPermille / 1000.0))
                .AddOtlpExporter(exporter => To(exporter, settings, endpoint, "v1/traces")));
    }

    private static void To(OtlpExporterOptions exporter, TelemetrySettings settings, string endpoint, string path)
    {
        exporter.Protocol = OtlpExportProtocol.HttpProtobuf;
        exporter.Endpoint = new Uri(endpoint.TrimEnd('/') + "/" + path);
        exporter.Headers = settings.OtlpHeaders;
    }
}

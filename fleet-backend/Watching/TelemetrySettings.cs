namespace DePin.Fleet.Watching;

/// <summary>Where figures and traces of the backend go; nowhere by default.</summary>
public sealed record TelemetrySettings
{
    /// <summary>Address of a receiver that speaks OTLP over HTTP, such as http://collector:4318; null for none. Metrics go to its /v1/metrics, traces to /v1/traces.</summary>
    public string? OtlpEndpoint { get; init; }

    /// <summary>Headers that it wants, as name=value with commas between them; null for none.</summary>
    public string? OtlpHeaders { get; init; }

    /// <summary>Seconds from one sending of metrics to the next.</summary>
    public int ExportSeconds { get; init; } = 30;

    /// <summary>Requests and groups of batches that are traced, of a thousand.</summary>
    public int TracedPermille { get; init; } = 100;

    /// <summary>Days before the end of a certificate or a release from which on it is warned of.</summary>
    public int ExpiryWarningDays { get; init; } = 21;

    /// <summary>What is wrong with them, or null.</summary>
    internal string? Problem() =>
        OtlpEndpoint is not null && !(Uri.TryCreate(OtlpEndpoint, UriKind.Absolute, out Uri? uri) && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps)) ? $"telemetry.otlpEndpoint is '{OtlpEndpoint}'; it must be an address that begins with http:// or https://."
        : ExportSeconds is < 1 or > 3600 ? $"telemetry.exportSeconds is {ExportSeconds}; it must be a number from 1 to 3600."
        : TracedPermille is < 0 or > 1000 ? $"telemetry.tracedPermille is {TracedPermille}; it must be a number from 0 to 1000."
        : ExpiryWarningDays is < 1 or > 365 ? $"telemetry.expiryWarningDays is {ExpiryWarningDays}; it must be a number from 1 to 365."
        : null;
}

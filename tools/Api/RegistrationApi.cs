using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace DePin.Tools.Api;

/// <summary>A board as it is registered. Keys as hex.</summary>
internal sealed record BoardRegistration(
    string PublicKey,
    string LoginPassword,
    string DownKey,
    string Profile,
    string ProductionRun,
    string BoardSerial,
    string Firmware,
    RegistrationSelfTest SelfTest,
    IReadOnlyDictionary<string, string>? Parts = null,
    string? Replaces = null);

/// <summary>What the bench measured.</summary>
/// <param name="Sensors">Meters that answered: panel, output, grid.</param>
/// <param name="IdleMicroamps">Current into the output while it is off.</param>
/// <param name="BatteryMillivolts">Voltage of the battery.</param>
/// <param name="CalibrationPermille">Correction of the output's meter, 1000 for none; null where there was no known load.</param>
internal sealed record RegistrationSelfTest(IReadOnlyList<string> Sensors, int IdleMicroamps, int BatteryMillivolts, int? CalibrationPermille = null);

/// <summary>The backend's answer.</summary>
/// <param name="NodeId">The node.</param>
/// <param name="Result">"registered" or "exists".</param>
/// <param name="Claim">16 characters that go on the label and nowhere else.</param>
internal sealed record RegistrationAnswer(string NodeId, string Result, string Claim, RegistrationRun? Run);

/// <summary>How a production run stands.</summary>
internal sealed record RegistrationRun(string Name, long Bought, long Registered);

/// <summary>When the backend heard a node.</summary>
internal sealed record NodeHeard(bool IsOnline, long? HeardUnixMilliseconds);

/// <summary>The backend refuses a board by name.</summary>
internal sealed class RegistrationRefusedException(string refusal, string detail) : Exception(detail)
{
    /// <summary>One word, such as runFull.</summary>
    public string Refusal { get; } = refusal;
}

/// <summary>What flashing asks of a backend. Bad internet is usual: a call that gets no answer is tried again a few times.</summary>
internal sealed class RegistrationApi : IDisposable
{
    private const int Attempts = 3;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };
    private readonly HttpClient _client;

    /// <param name="address">Base address of the backend.</param>
    /// <param name="token">A technician's API token.</param>
    public RegistrationApi(Uri address, string token)
    {
        _client = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromSeconds(30) };
        _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    /// <summary>The backend's address.</summary>
    public Uri Address => _client.BaseAddress!;

    /// <summary>Registers a board; asked again with the same content it answers "exists" and a new claim.</summary>
    /// <exception cref="RegistrationRefusedException">The backend refuses the board by name.</exception>
    /// <exception cref="HttpRequestException">No answer, or one that says nothing.</exception>
    public async Task<RegistrationAnswer> RegisterAsync(BoardRegistration board, CancellationToken cancellationToken) =>
        (await SendAsync(HttpMethod.Post, "api/registrations", board, cancellationToken)).Deserialize<RegistrationAnswer>(Json)
        ?? throw new HttpRequestException("the backend answered with nothing");

    /// <summary>Takes a node out of the fleet.</summary>
    /// <exception cref="RegistrationRefusedException">The backend refuses.</exception>
    /// <exception cref="HttpRequestException">No answer.</exception>
    public Task ScrapAsync(string nodeId, string reason, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, $"api/registrations/{nodeId}/scrap", new { reason }, cancellationToken);

    /// <summary>When the node was heard; null while the backend does not know it.</summary>
    /// <exception cref="HttpRequestException">No answer.</exception>
    public async Task<NodeHeard?> HeardAsync(string nodeId, CancellationToken cancellationToken)
    {
        try
        {
            return (await SendAsync(HttpMethod.Get, $"api/nodes/{nodeId}", null, cancellationToken)).Deserialize<NodeHeard>(Json);
        }
        catch (HttpRequestException problem) when (problem.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    /// <inheritdoc />
    public void Dispose() => _client.Dispose();

    private async Task<JsonNode> SendAsync(HttpMethod method, string path, object? content, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await SendOnceAsync(method, path, content, cancellationToken);
            }
            catch (Exception problem) when (IsPassing(problem, cancellationToken) && attempt < Attempts)
            {
                await Task.Delay(Pause, cancellationToken);
            }
            catch (TaskCanceledException problem) when (!cancellationToken.IsCancellationRequested)
            {
                throw new HttpRequestException("it did not answer in time", problem);
            }
        }
    }

    private async Task<JsonNode> SendOnceAsync(HttpMethod method, string path, object? content, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Content = content is null ? null : JsonContent.Create(content, content.GetType(), options: Json);
        using HttpResponseMessage response = await _client.SendAsync(request, cancellationToken);
        JsonNode? answer = Parse(await response.Content.ReadAsStringAsync(cancellationToken));
        if (response.IsSuccessStatusCode)
        {
            return answer ?? new JsonObject();
        }

        string detail = (string?)answer?["detail"] ?? (string?)answer?["title"] ?? $"status {(int)response.StatusCode}";
        throw answer?["refusal"] is { } refusal
            ? new RegistrationRefusedException((string)refusal!, detail)
            : new HttpRequestException(detail, null, response.StatusCode);
    }

    private static bool IsPassing(Exception problem, CancellationToken cancellationToken) => problem switch
    {
        HttpRequestException { StatusCode: null } => true,
        HttpRequestException { StatusCode: >= HttpStatusCode.InternalServerError } => true,
        TaskCanceledException => !cancellationToken.IsCancellationRequested,
        _ => false,
    };

    private static JsonNode? Parse(string text)
    {
        try
        {
            return text.Length == 0 ? null : JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

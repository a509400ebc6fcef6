using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using DePin.Tools.Backend;

namespace DePin.Tools.Api;

/// <summary>The backend's HTTP interface, with the token from its data folder. A refusal becomes one sentence.</summary>
internal sealed class FleetApi : IDisposable
{
    /// <summary>Nodes in one registration, at most.</summary>
    public const int RegistrationsAtOnce = 1000;

    private const int ItemsAtOnce = 1000;

    // A thousand million credits: more than any fleet here earns.
    private const long PlentyMicro = 1_000_000_000_000_000;

    // With the waits of who asks too much.
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromMinutes(5);

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull };

    private readonly HttpClient _client;

    private FleetApi(string address, string token)
    {
        _client = new HttpClient(new PatientHandler(new SocketsHttpHandler())) { BaseAddress = new Uri(address), Timeout = AnswerLimit };
        _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    /// <summary>The interface of the backend that runs on this data folder.</summary>
    /// <exception cref="CommandException">None runs there, or its token cannot be read.</exception>
    public static FleetApi Open(string dataFolder) => Open(BackendAddresses.Require(dataFolder), dataFolder);

    /// <summary>The same with a token from somewhere else; the folder's own where it is null.</summary>
    /// <exception cref="CommandException">None runs there, or its token cannot be read.</exception>
    public static FleetApi Open(string dataFolder, string? token) =>
        new(BackendAddresses.Require(dataFolder).Http, token ?? ApiTokenFile.Read(dataFolder, ApiTokenFile.Person));

    /// <summary>The interface of a backend elsewhere.</summary>
    public static FleetApi At(Uri address, string token) => new(address.AbsoluteUri.TrimEnd('/') + "/", token);

    /// <summary>The interface at these addresses, as a person.</summary>
    /// <exception cref="CommandException">The token cannot be read.</exception>
    public static FleetApi Open(BackendAddresses addresses, string dataFolder, string person = ApiTokenFile.Person) => new(addresses.Http, ApiTokenFile.Read(dataFolder, person));

    /// <summary>Registers nodes, a thousand at a time; how many were new.</summary>
    public async Task<int> RegisterAsync(IEnumerable<NodeRegistration> nodes, CancellationToken cancellationToken)
    {
        int made = 0;
        foreach (NodeRegistration[] part in nodes.Chunk(RegistrationsAtOnce))
        {
            JsonNode answer = await SendAsync(HttpMethod.Post, "api/nodes", part, cancellationToken);
            made += answer.AsArray().Count(node => (string?)node?["result"] == "registered");
        }

        return made;
    }

    /// <summary>Records what funders paid in, else so much that credit never waits for it; the same reference counts once, and is refused with another amount.</summary>
    public Task FundAsync(string reference, CancellationToken cancellationToken, long amountMicro = PlentyMicro) =>
        SendAsync(HttpMethod.Post, "api/funding", new { amountMicro = amountMicro.ToString(), reference }, cancellationToken);

    /// <summary>The fleet in figures.</summary>
    public async Task<FleetSummary> SummaryAsync(CancellationToken cancellationToken) =>
        (await SendAsync(HttpMethod.Get, "api/summary", null, cancellationToken)).Deserialize<FleetSummary>(Json)!;

    /// <summary>Any answer, as it came.</summary>
    public Task<JsonNode> GetAsync(string path, CancellationToken cancellationToken) => SendAsync(HttpMethod.Get, path, null, cancellationToken);

    /// <summary>Every item of a list, page by page.</summary>
    /// <param name="path">The list; what else it asks for stands in it.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async IAsyncEnumerable<JsonNode> ItemsAsync(string path, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        char joint = path.Contains('?', StringComparison.Ordinal) ? '&' : '?';
        string? cursor = null;
        do
        {
            JsonNode page = await GetAsync($"{path}{joint}limit={ItemsAtOnce}{(cursor is null ? "" : $"&cursor={cursor}")}", cancellationToken);
            foreach (JsonNode? item in page["items"]!.AsArray())
            {
                yield return item!;
            }

            cursor = (string?)page["next"];
        }
        while (cursor is not null);
    }

    /// <summary>Asks for something to be done; the answer, as it came.</summary>
    public Task<JsonNode> PostAsync(string path, object content, CancellationToken cancellationToken) => SendAsync(HttpMethod.Post, path, content, cancellationToken);

    /// <summary>Gives it bytes; the answer, as it came.</summary>
    public Task<JsonNode> PostBytesAsync(string path, byte[] content, CancellationToken cancellationToken) => SendAsync(HttpMethod.Post, path, content, cancellationToken);

    /// <summary>The signed bytes of the stored batch that begins with a reading; null when there is none.</summary>
    public async Task<byte[]?> BatchBytesAsync(string nodeId, long sequence, CancellationToken cancellationToken)
    {
        string path = $"api/nodes/{Uri.EscapeDataString(nodeId)}/batches/{sequence}";
        using HttpResponseMessage response = await _client.GetAsync(path, cancellationToken);
        if (response.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }

        return response.IsSuccessStatusCode
            ? await response.Content.ReadAsByteArrayAsync(cancellationToken)
            : throw CommandException.Failed($"The backend refused GET /{path}: {Reason(await response.Content.ReadAsStringAsync(cancellationToken), response.StatusCode)}");
    }

    /// <inheritdoc />
    public void Dispose() => _client.Dispose();

    private async Task<JsonNode> SendAsync(HttpMethod method, string path, object? content, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Content = content is null ? null : content is byte[] bytes ? Bytes(bytes) : JsonContent.Create(content, content.GetType(), options: Json);
        HttpResponseMessage response;
        try
        {
            response = await _client.SendAsync(request, cancellationToken);
        }
        catch (Exception problem) when (problem is HttpRequestException || (problem is TaskCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw CommandException.Failed($"The backend at {_client.BaseAddress} does not answer ({problem.Message}); start it again, what it stored is kept.", problem);
        }

        using (response)
        {
            string text = await response.Content.ReadAsStringAsync(cancellationToken);
            if (!response.IsSuccessStatusCode)
            {
                // Too high a status is the backend's fault, the rest is the caller's.
                int exitCode = (int)response.StatusCode >= 500 ? 1 : 2;
                throw new CommandException(exitCode, $"The backend refused {method} /{path}: {Reason(text, response.StatusCode)}");
            }

            return JsonNode.Parse(text) ?? throw CommandException.Failed($"The backend answered {method} /{path} with nothing.");
        }
    }

    private static ByteArrayContent Bytes(byte[] content)
    {
        var body = new ByteArrayContent(content);
        body.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        return body;
    }

    private static string Reason(string text, HttpStatusCode status)
    {
        try
        {
            JsonNode? problem = JsonNode.Parse(text);
            return (string?)problem?["detail"] ?? (string?)problem?["title"] ?? $"status {(int)status}";
        }
        catch (JsonException)
        {
            return $"status {(int)status}";
        }
    }
}

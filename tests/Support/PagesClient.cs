using System.Net;
using System.Text.RegularExpressions;
using DePin.Fleet.People;

namespace DePin.Tests.Support;

/// <summary>A browser without a screen: keeps cookies, and sends forms as the pages made them.</summary>
internal sealed partial class PagesClient : IDisposable
{
    public const string Password = "correct horse battery";

    private readonly HttpClient _http;

    // Without a calendar: the test's clock need not be this machine's.
    private readonly Dictionary<string, string> _cookies = new(StringComparer.Ordinal);

    /// <summary>A new one; at this address, as a proxy would say, where one is named.</summary>
    public PagesClient(RunningBackend backend, string? forwardedFor = null)
    {
        _http = new HttpClient(new HttpClientHandler { UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = backend.Http.BaseAddress };
        if (forwardedFor is not null)
        {
            _http.DefaultRequestHeaders.Add("X-Forwarded-For", forwardedFor);
        }
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Signed in as somebody new with these roles.</summary>
    public static async Task<PagesClient> JoinedAsync(RunningBackend backend, string name, Roles roles)
    {
        var accounts = backend.Part<Accounts>();
        (string? secret, DePin.Fleet.Sentence? problem) = await accounts.InviteAsync(new Caller(0, "test", Roles.Administrator), name, roles);
        Assert.Null(problem);
        var client = new PagesClient(backend);
        Assert.Equal(HttpStatusCode.Redirect, (await client.SubmitAsync($"/join/{secret}", new() { ["password"] = Password })).Status);
        return client;
    }

    /// <summary>A page.</summary>
    public Task<(HttpStatusCode Status, string Text)> GetAsync(string path) => SendAsync(new HttpRequestMessage(HttpMethod.Get, path));

    /// <summary>Loads a page, and sends its form there or elsewhere with these fields beside the page's own token.</summary>
    public async Task<(HttpStatusCode Status, string Text)> SubmitAsync(string page, Dictionary<string, string> fields, string? to = null)
    {
        (_, string text) = await GetAsync(page);
        Match token = FormToken().Match(text);
        Assert.True(token.Success, $"{page} has no form: {text}");
        return await PostAsync(to ?? page, new(fields) { [token.Groups["name"].Value] = token.Groups["value"].Value });
    }

    /// <summary>The token of a page's form.</summary>
    public static string TokenIn(string page) => FormToken().Match(page) is { Success: true } token ? token.Groups["value"].Value : throw new InvalidOperationException($"this page has no form: {page}");

    /// <summary>Sends fields as they are.</summary>
    public Task<(HttpStatusCode Status, string Text)> PostAsync(string path, Dictionary<string, string> fields) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Post, path) { Content = new FormUrlEncodedContent(fields) });

    /// <summary>Loads a page, and sends a file by its form; without the page's token where no page is named.</summary>
    public async Task<(HttpStatusCode Status, string Text)> UploadAsync(string? page, string to, string field, byte[] content, Dictionary<string, string>? fields = null)
    {
        using var form = new MultipartFormDataContent { { new ByteArrayContent(content), field, "file" } };
        foreach ((string name, string value) in fields ?? [])
        {
            form.Add(new StringContent(value), name);
        }

        if (page is not null)
        {
            Match token = FormToken().Match((await GetAsync(page)).Text);
            form.Add(new StringContent(token.Groups["value"].Value), token.Groups["name"].Value);
        }

        return await SendAsync(new HttpRequestMessage(HttpMethod.Post, to) { Content = form });
    }

    /// <summary>Sends a text as a page's script would: the page's token goes along as a header.</summary>
    public async Task<(HttpStatusCode Status, string Text)> PostTextAsync(string page, string path, string content)
    {
        Match token = FormToken().Match((await GetAsync(page)).Text);
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(content, System.Text.Encoding.UTF8, "application/json") };
        request.Headers.Add("X-Form-Token", token.Groups["value"].Value);
        return await SendAsync(request);
    }

    /// <summary>Listens to server-sent events, and answers the first that names something.</summary>
    public async Task<string> FirstNewsAsync(string path, string name, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("Cookie", string.Join("; ", _cookies.Select(cookie => $"{cookie.Key}={cookie.Value}")));
        using HttpResponseMessage answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType?.MediaType);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(cancellationToken));
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.StartsWith("data: ", StringComparison.Ordinal) && line.Contains(name, StringComparison.Ordinal))
            {
                return line;
            }
        }

        throw new InvalidOperationException($"{path} ended without a word of {name}");
    }

    public void Dispose() => _http.Dispose();

    private async Task<(HttpStatusCode Status, string Text)> SendAsync(HttpRequestMessage request)
    {
        using (request)
        {
            request.Headers.TryAddWithoutValidation("Cookie", string.Join("; ", _cookies.Select(cookie => $"{cookie.Key}={cookie.Value}")));
            // What streams has no end: that it begins is the answer.
            using HttpResponseMessage answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);
            foreach (string[] cookie in answer.Headers.TryGetValues("Set-Cookie", out IEnumerable<string>? set) ? set.Select(text => text.Split(';')[0].Split('=', 2)) : [])
            {
                if (cookie[1].Length == 0)
                {
                    _cookies.Remove(cookie[0]);
                }
                else
                {
                    _cookies[cookie[0]] = cookie[1];
                }
            }

            return (answer.StatusCode, answer.StatusCode == HttpStatusCode.Redirect ? answer.Headers.Location!.ToString() : answer.Content.Headers.ContentType?.MediaType == "text/event-stream" ? "" : await answer.Content.ReadAsStringAsync(Cancel));
        }
    }

    [GeneratedRegex("""<input type="hidden" name="(?<name>__[^"]+)" value="(?<value>[^"]+)"(?: /)?>""")]
    private static partial Regex FormToken();
}

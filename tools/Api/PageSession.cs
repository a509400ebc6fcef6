using System.Net;
using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace DePin.Tools.Api;

/// <summary>Pages as a browser gets them, signed in as somebody who was invited for it.</summary>
internal sealed partial class PageSession : IDisposable
{
    private readonly HttpClient _http;

    private PageSession(Uri anyPage) =>
        _http = new HttpClient(new HttpClientHandler { CookieContainer = new CookieContainer() }) { BaseAddress = new Uri(anyPage.GetLeftPart(UriPartial.Authority)) };

    /// <summary>Joins a new backend as its first administrator, invites a manager, and joins as that.</summary>
    /// <exception cref="CommandException">The backend refused.</exception>
    public static async Task<PageSession> ManagerAsync(string dataFolder, CancellationToken cancellationToken)
    {
        var first = new Uri((await File.ReadAllTextAsync(Path.Combine(dataFolder, "first-administrator.txt"), cancellationToken)).Trim());
        using var administrator = new PageSession(first);
        await administrator.SubmitAsync(first, first, cancellationToken, ("name", "administrator"), ("password", NewPassword()));
        string invited = await administrator.SubmitAsync(new Uri(first, "/people"), new Uri(first, "/people/invite"), cancellationToken, ("name", "manager"), ("role", "manager"));
        var link = new Uri(first, Link().Match(invited).Value);
        var manager = new PageSession(first);
        await manager.SubmitAsync(link, link, cancellationToken, ("password", NewPassword()));
        return manager;
    }

    /// <summary>An answer as it comes, for as long as it does; whoever asks disposes of it.</summary>
    /// <exception cref="CommandException">The backend refused.</exception>
    public async Task<Stream> StreamAsync(string path, CancellationToken cancellationToken)
    {
        HttpResponseMessage response = await _http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        return response.IsSuccessStatusCode
            ? await response.Content.ReadAsStreamAsync(cancellationToken)
            : throw CommandException.Failed($"The backend answered GET {path} with {(int)response.StatusCode}.");
    }

    /// <inheritdoc />
    public void Dispose() => _http.Dispose();

    private static string NewPassword() => Convert.ToHexString(RandomNumberGenerator.GetBytes(16));

    // Loads a page, and sends a form as it stands there.
    private async Task<string> SubmitAsync(Uri page, Uri to, CancellationToken cancellationToken, params (string Name, string Value)[] fields)
    {
        Match token = FormToken().Match(await _http.GetStringAsync(page, cancellationToken));
        using var form = new FormUrlEncodedContent([.. fields.Append((token.Groups["name"].Value, token.Groups["value"].Value)).Select(field => KeyValuePair.Create(field.Item1, field.Item2))]);
        using HttpResponseMessage answer = await _http.PostAsync(to, form, cancellationToken);
        return answer.IsSuccessStatusCode ? await answer.Content.ReadAsStringAsync(cancellationToken) : throw CommandException.Failed($"The backend answered POST {to.AbsolutePath} with {(int)answer.StatusCode}.");
    }

    [GeneratedRegex("<input type=\"hidden\" name=\"(?<name>__[^\"]+)\" value=\"(?<value>[^\"]+)\"", RegexOptions.ExplicitCapture)]
    private static partial Regex FormToken();

    [GeneratedRegex("/join/[0-9a-f]+")]
    private static partial Regex Link();
}

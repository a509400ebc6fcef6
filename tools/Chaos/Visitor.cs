using System.Net;

namespace DePin.Tools.Chaos;

/// <summary>Somebody who loads pages all the time, and counts those that show an error.</summary>
internal sealed class Visitor(string http)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100), Patience = TimeSpan.FromSeconds(20);

    private static readonly string[] Pages = ["/sign-in", "/health/live", "/api/openapi.json"];

    /// <summary>Pages asked for.</summary>
    public int Asked { get; private set; }

    /// <summary>Of which were errors, or no answer.</summary>
    public int Failed { get; private set; }

    /// <summary>What the first one was, or null.</summary>
    public string? First { get; private set; }

    /// <summary>Looks at pages until it is ended.</summary>
    public async Task VisitAsync(CancellationToken ending)
    {
        using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri(http), Timeout = Patience };
        while (!ending.IsCancellationRequested)
        {
            string page = Pages[Asked++ % Pages.Length];
            try
            {
                using HttpResponseMessage answer = await client.GetAsync(page, CancellationToken.None);
                Note(answer.StatusCode < HttpStatusCode.BadRequest, $"{page}: {(int)answer.StatusCode}");
            }
            catch (Exception problem) when (problem is HttpRequestException or TaskCanceledException)
            {
                Note(false, $"{page}: {problem.Message}");
            }

            await Task.Delay(Pause, ending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Note(bool isGood, string what)
    {
        Failed += isGood ? 0 : 1;
        First ??= isGood ? null : what;
    }
}

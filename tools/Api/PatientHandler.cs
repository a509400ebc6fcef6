using System.Net;

namespace DePin.Tools.Api;

/// <summary>
/// Where the backend says that too much was asked, or to who only reads that its database is away, waits as long as it says, and asks again: nothing was done
/// meanwhile. What was written while the database went away may be stored, so that is not sent again.
/// </summary>
internal sealed class PatientHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    /// <summary>Times that a request is sent, at most.</summary>
    public const int MostTries = 4;

    // The backend counts by the minute.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(61);

    /// <inheritdoc />
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        for (int tries = 1; ; tries++)
        {
            HttpResponseMessage response = await base.SendAsync(request, cancellationToken);
            bool mayAskAgain = response.StatusCode == HttpStatusCode.TooManyRequests || (response.StatusCode == HttpStatusCode.ServiceUnavailable && request.Method == HttpMethod.Get);
            if (!mayAskAgain || tries == MostTries || response.Headers.RetryAfter?.Delta is not { } wait || wait > LongestWait)
            {
                return response;
            }

            response.Dispose();
            await Task.Delay(wait, cancellationToken);
        }
    }
}

using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using DePin.Fleet.Notices;
using DePin.Tests.Support;

namespace DePin.Tests.Notices;

/// <summary>Mail through a server nobody here wrote (aiosmtpd), which prints what it takes.</summary>
public sealed class MailTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_mail_address_is_used_after_it_said_its_code_back_and_five_wrong_codes_end_it()
    {
        await using var server = await MailServer.StartAsync();
        await using RunningBackend backend = await RunningBackend.StartAsync(change: settings => settings with { Notices = new NoticeSettings { SmtpHost = "127.0.0.1", SmtpPort = server.Port, SmtpUsesTls = false } });
        long id = await SubscribeAsync(backend);
        Assert.Equal(HttpStatusCode.NotFound, (await backend.Http.PostAsync($"/api/subscriptions/{id}/test", null, Cancel)).StatusCode);
        await Eventually.HoldsAsync(() => server.Said.Contains("your code is", StringComparison.Ordinal), "the code arrives", 60);
        Assert.Contains("amina@example.org", server.Said, StringComparison.Ordinal);
        string code = Regex.Match(server.Said, "your code is (?<code>[0-9A-Z]{8})", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1)).Groups["code"].Value;
        Assert.Equal(HttpStatusCode.BadRequest, (await ConfirmAsync(backend, id, "wrong")).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await ConfirmAsync(backend, id, code.ToLowerInvariant())).StatusCode);
        Assert.Equal(HttpStatusCode.Accepted, (await backend.Http.PostAsync($"/api/subscriptions/{id}/test", null, Cancel)).StatusCode);
        await Eventually.HoldsAsync(() => server.Said.Contains("Subject: DePin for Impact: a test", StringComparison.Ordinal), "the test arrives", 60);

        long other = await SubscribeAsync(backend);
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal(HttpStatusCode.BadRequest, (await ConfirmAsync(backend, other, "wrong")).StatusCode);
        }

        Assert.Equal(HttpStatusCode.NotFound, (await ConfirmAsync(backend, other, "wrong")).StatusCode);
    }

    private static async Task<long> SubscribeAsync(RunningBackend backend)
    {
        using HttpResponseMessage answer = await backend.Http.PostAsJsonAsync("/api/subscriptions", new { channel = "mail", target = "amina@example.org", kinds = new[] { NoticeKind.TicketOpened } }, Cancel);
        string text = await answer.Content.ReadAsStringAsync(Cancel);
        Assert.True(answer.IsSuccessStatusCode, text);
        return (long)JsonNode.Parse(text)!["id"]!;
    }

    private static Task<HttpResponseMessage> ConfirmAsync(RunningBackend backend, long id, string code) => backend.Http.PostAsJsonAsync($"/api/subscriptions/{id}/confirm", new { code }, Cancel);

    private sealed class MailServer : IAsyncDisposable
    {
        // Chooses a free port itself and says which.
        private const string Program =
            """
            import asyncio, sys
            from aiosmtpd.smtp import SMTP
            from aiosmtpd.handlers import Debugging
            async def main():
                server = await asyncio.get_running_loop().create_server(lambda: SMTP(Debugging(sys.stdout)), '127.0.0.1', 0)
                print('PORT', server.sockets[0].getsockname()[1], flush=True)
                await server.serve_forever()
            asyncio.run(main())
            """;

        private readonly Process _process;
        private readonly List<string> _lines = [];
        private readonly TaskCompletionSource<int> _port = new(TaskCreationOptions.RunContinuationsAsynchronously);

        private MailServer()
        {
            _process = new Process
            {
                StartInfo = new ProcessStartInfo("/usr/bin/python3", ["-u", "-c", Program]) { RedirectStandardOutput = true, UseShellExecute = false },
            };
            _process.OutputDataReceived += (_, line) => Take(line.Data);
            _process.Start();
            _process.BeginOutputReadLine();
        }

        public int Port { get; private set; }

        public string Said
        {
            get
            {
                lock (_lines)
                {
                    return string.Join('\n', _lines);
                }
            }
        }

        public static async Task<MailServer> StartAsync()
        {
            var server = new MailServer();
            server.Port = await server._port.Task.WaitAsync(TimeSpan.FromSeconds(60), Cancel);
            return server;
        }

        public async ValueTask DisposeAsync()
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync(CancellationToken.None);
            _process.Dispose();
        }

        private void Take(string? line)
        {
            if (line is null)
            {
                _port.TrySetException(new InvalidOperationException("the mail server ended"));
                return;
            }

            if (line.StartsWith("PORT ", StringComparison.Ordinal))
            {
                _port.TrySetResult(int.Parse(line[5..], System.Globalization.CultureInfo.InvariantCulture));
            }

            lock (_lines)
            {
                _lines.Add(line);
            }
        }
    }
}

using System.Text;
using DePin.Contracts.Flashing;
using DePin.Tools.Api;

namespace DePin.Tools.Flash;

/// <summary>What is done with a single board beside flashing it: its log on a file, and its end.</summary>
internal static class BoardEnd
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>Writes the board's log to a file; how many bytes.</summary>
    public static async Task<long> ExportLogAsync(string port, string file, TimeSpan startLimit, CancellationToken cancellationToken)
    {
        using BoardConversation board = await OpenAsync(port, cancellationToken);
        BoardHello hello = await BoardSteps.HelloAsync(board, startLimit, null, cancellationToken);
        await using var text = new StreamWriter(file, append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        await text.WriteAsync($"board {hello.Serial}, {hello.Chip}, node {hello.NodeId()?.ToString() ?? "none"}, firmware {Convert.ToHexStringLower(hello.Firmware)}\n".AsMemory(), cancellationToken);
        long bytes = 0;
        for (long from = 0; ;)
        {
            long asked = from;
            BoardLogPage page = (await BoardSteps.AskAsync(board, FlashRequest.Log, Limit, FlashStep.Handshake, cancellationToken, request => request.From = asked)).Log!;
            if (page.Text.Length == 0)
            {
                return bytes;
            }

            await text.WriteAsync(Encoding.UTF8.GetString(page.Text).AsMemory(), cancellationToken);
            bytes += page.Text.Length;
            from = page.From + page.Text.Length;
        }
    }

    /// <summary>
    /// Takes a board out of the fleet: first at the backend, which takes no more readings of it, then on the board, whose key is
    /// wiped. Asked again it goes on where it stood. The node's id, or null where the board had none any more.
    /// </summary>
    public static async Task<string?> ScrapAsync(RegistrationApi api, string port, string reason, string journalFolder, TimeSpan startLimit, CancellationToken cancellationToken)
    {
        using BoardConversation board = await OpenAsync(port, cancellationToken);
        BoardHello hello = await BoardSteps.HelloAsync(board, startLimit, null, cancellationToken);
        BoardJournal journal = BoardJournal.Open(journalFolder, hello.Serial);
        string? node = hello.NodeId()?.ToString();
        if ((node ?? journal.NodeId) is { } known)
        {
            await ScrapAtBackendAsync(api, known, reason, cancellationToken);
        }

        await BoardSteps.AskAsync(board, FlashRequest.Scrap, Limit, FlashStep.Identity, cancellationToken, request => request.Node = hello.Node);
        journal.Remove();
        return node ?? journal.NodeId;
    }

    private static async Task ScrapAtBackendAsync(RegistrationApi api, string node, string reason, CancellationToken cancellationToken)
    {
        try
        {
            await api.ScrapAsync(node, reason, cancellationToken);
        }
        catch (RegistrationRefusedException problem) when (problem.Refusal == "scrapped")
        {
            // An earlier attempt came this far.
        }
        catch (HttpRequestException problem) when (problem.StatusCode == System.Net.HttpStatusCode.NotFound)
        {
            // Flashed, and never registered: there is nothing to take out.
        }
        catch (Exception problem) when (problem is HttpRequestException or RegistrationRefusedException)
        {
            throw FlashFailure.Of(FlashStep.Register, problem, api.Address);
        }
    }

    private static async Task<BoardConversation> OpenAsync(string port, CancellationToken cancellationToken)
    {
        try
        {
            return await BoardSteps.OpenAsync(port, cancellationToken);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw FlashFailure.Of(FlashStep.Port, problem, new Uri("http://localhost"));
        }
    }
}

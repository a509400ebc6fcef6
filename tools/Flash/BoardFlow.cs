using System.Diagnostics;
using System.Security.Cryptography;
using DePin.Contracts.Flashing;
using DePin.Tools.Api;

namespace DePin.Tools.Flash;

/// <summary>
/// One board, from bare to done. Every step can fail, and the whole can be begun again with the same board: it ends well, with one
/// identity and one registration.
/// <code>
/// port        open it                                             again: open it again
/// clr         nanoff --update          } not with --skip-clr;     again: not twice, the journal knows
/// deploy      nanoff --deploy          } progress as it goes      again: not twice for the same image
/// handshake   hello: chip, serial, firmware, profile, node        --repair and an identity of its own are looked at here
/// self-test   meters, idle current, known load, correction back   again: the journal's figures, since a registration repeats them
/// identity    settings and entropy out, proof in                  again: the board proves the one it has
/// register    the backend takes it, or refuses it by name         again: "exists", with a new claim
/// read-back   restart; the same node; SHA-256 of its settings
/// wiFi        the board joins a network                           not at this bench: registered, not yet heard
/// firstStatus the backend has heard the node since the restart    only now is it done
/// label       claim and node id go on paper
/// </code>
/// The journal of the board keeps what was achieved; no claim, key or password stands in it or in what is shown.
/// </summary>
internal sealed class BoardFlow(FlashOptions options, RegistrationApi api, Action<FlashResult> shows)
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);
    private readonly TimeSpan _answerLimit = options.Patience / 2;
    private readonly long _began = Stopwatch.GetTimestamp();
    private FlashResult _result = new("", "");
    private BoardJournal? _journal;
    private FlashingProgram? _program;

    /// <summary>Flashes the board at a port; how it ended. Only cancelling throws.</summary>
    public async Task<FlashResult> RunAsync(string port, CancellationToken cancellationToken)
    {
        _result = new FlashResult(port, "");
        try
        {
            await RunStepsAsync(port, cancellationToken);
            return End(_result with { State = FlashResult.Done }, null);
        }
        catch (FlashException problem)
        {
            return End(_result with { State = problem.IsNotHeard ? FlashResult.NotHeard : FlashResult.Failed }, problem);
        }
    }

    private async Task RunStepsAsync(string port, CancellationToken cancellationToken)
    {
        if (!options.SkipsClr)
        {
            await PutFirmwareOnAsync(port, cancellationToken);
        }

        using BoardConversation board = await StepAsync(FlashStep.Port, () => BoardSteps.OpenAsync(port, cancellationToken));
        BoardHello hello = await StepAsync(FlashStep.Handshake, () => HandshakeAsync(board, cancellationToken));
        RegistrationSelfTest selfTest = await StepAsync(FlashStep.SelfTest, () => SelfTestAsync(board, cancellationToken));
        ProvenIdentity identity = await StepAsync(FlashStep.Identity, () => IdentityAsync(board, cancellationToken));
        NodeHeard? before = await StepAsync(FlashStep.Register, () => api.HeardAsync(identity.NodeId, cancellationToken));
        RegistrationAnswer answer = await StepAsync(FlashStep.Register, () => RegisterAsync(identity, hello, selfTest, cancellationToken));
        await StepAsync(FlashStep.ReadBack, () => ReadBackAsync(board, identity.NodeId, hello.Start, cancellationToken));
        await StepAsync(FlashStep.WiFi, () => BoardSteps.JoinAsync(board, options.NetworkLimit, _answerLimit, cancellationToken));
        await StepAsync(FlashStep.FirstStatus, () => HeardAsync(board, identity.NodeId, before, cancellationToken));
        await StepAsync(FlashStep.Label, () => LabelAsync(answer));
    }

    private async Task PutFirmwareOnAsync(string port, CancellationToken cancellationToken)
    {
        Show(FlashStep.Clr, null);
        _program = FlashingProgram.Find();
        DeployRegion region = PartitionTable.For(options.Target, options.Partitions, options.Archive);
        string image = Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(options.Image!, cancellationToken)));
        if (await _program.MacAsync(port, cancellationToken) is { } mac)
        {
            Take(BoardJournal.Open(options.JournalFolder, mac));
        }

        if (_journal?.ClrTarget != options.Target)
        {
            await StepAsync(FlashStep.Clr, () => _program.UpdateAsync(port, options.Target, options.Archive, line => Show(FlashStep.Clr, line), cancellationToken));
            Note(journal => (journal.ClrTarget, journal.DeployedImage) = (options.Target, null));
        }

        if (_journal?.DeployedImage != image)
        {
            await StepAsync(FlashStep.Deploy, () => _program.DeployAsync(port, options.Target, options.Image!, region, line => Show(FlashStep.Deploy, line), cancellationToken));
            Note(journal => journal.DeployedImage = image);
        }
    }

    private async Task<BoardHello> HandshakeAsync(BoardConversation board, CancellationToken cancellationToken)
    {
        BoardHello hello = await BoardSteps.HelloAsync(board, options.Patience, null, cancellationToken);
        Take(BoardJournal.Open(options.JournalFolder, hello.Serial));
        string? node = hello.NodeId()?.ToString();
        _result = _result with { Chip = hello.Chip, Serial = hello.Serial, NodeId = node };
        if (hello.Profile != options.Profile.Number)
        {
            throw new FlashException(FlashStep.Handshake, $"The board's firmware is for hardware profile {hello.Profile}, not for {options.Profile.Name} ({options.Profile.Number}); nothing was changed. Flash the right image, or name the right --profile.");
        }

        if (node is not null && options.Repairs is null && _journal?.NodeId != node)
        {
            _result = _result with { Notice = $"This board has an identity already ({node}), which stays; --repair {node} makes a successor, --scrap ends it." };
            shows(_result);
        }

        return hello;
    }

    private async Task<RegistrationSelfTest> SelfTestAsync(BoardConversation board, CancellationToken cancellationToken)
    {
        if (_journal?.SelfTest is { } known)
        {
            return known;
        }

        RegistrationSelfTest test = await BenchSelfTest.RunAsync(board, options.LoadMilliohms, options.Patience * 3, cancellationToken);
        Note(journal => journal.SelfTest = test);
        return test;
    }

    private async Task<ProvenIdentity> IdentityAsync(BoardConversation board, CancellationToken cancellationToken)
    {
        ProvenIdentity identity = await BoardSteps.ProvisionAsync(board, options.Settings, options.Repairs, options.Patience * 3, cancellationToken);
        _result = _result with { NodeId = identity.NodeId };
        Note(journal => journal.NodeId = identity.NodeId);
        return identity;
    }

    private async Task<RegistrationAnswer> RegisterAsync(ProvenIdentity identity, BoardHello hello, RegistrationSelfTest selfTest, CancellationToken cancellationToken)
    {
        RegistrationAnswer answer = await api.RegisterAsync(
            new BoardRegistration(
                identity.PublicKey,
                identity.LoginPassword,
                identity.DownKey,
                options.Profile.Name,
                options.Run,
                hello.Serial,
                Convert.ToHexStringLower(hello.Firmware),
                selfTest,
                Replaces: options.Repairs),
            cancellationToken);
        Note(journal => (journal.Run, journal.LabelledAt) = (options.Run, null));
        return answer.NodeId == identity.NodeId
            ? answer
            : throw new FlashException(FlashStep.Register, $"The backend registered {answer.NodeId}, and the board is {identity.NodeId}; do not use this board, and show this to whoever keeps the backend.");
    }

    private async Task ReadBackAsync(BoardConversation board, string nodeId, long start, CancellationToken cancellationToken)
    {
        await BoardSteps.AskAsync(board, FlashRequest.Restart, _answerLimit, FlashStep.ReadBack, cancellationToken);
        BoardHello hello = await BoardSteps.HelloAsync(board, options.Patience, start, cancellationToken);
        if (hello.NodeId()?.ToString() != nodeId)
        {
            throw new FlashException(FlashStep.ReadBack, $"After its restart the board has the identity {hello.NodeId()?.ToString() ?? "none"} instead of {nodeId}: its flash does not keep what is written. Set this board aside and scrap {nodeId}.");
        }

        FlashAnswer answer = await BoardSteps.AskAsync(board, FlashRequest.ReadBack, _answerLimit, FlashStep.ReadBack, cancellationToken);
        if (!answer.SettingsHash.AsSpan().SequenceEqual(SHA256.HashData(options.Settings.Encode())))
        {
            throw new FlashException(FlashStep.ReadBack, "The settings on the board's flash are not those that were written; the node is registered. Run this again; if it stays so, the flash is broken.");
        }
    }

    private async Task HeardAsync(BoardConversation board, string nodeId, NodeHeard? before, CancellationToken cancellationToken)
    {
        long began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began) < options.StatusLimit)
        {
            // A change since the restart: what was heard of an earlier start does not count.
            if (await api.HeardAsync(nodeId, cancellationToken) is { IsOnline: true, HeardUnixMilliseconds: { } at } && at != before?.HeardUnixMilliseconds)
            {
                Note(journal => journal.HeardAt = DateTimeOffset.UtcNow);
                return;
            }

            await Task.Delay(Look, cancellationToken);
        }

        BoardNetwork network = (await BoardSteps.AskAsync(board, FlashRequest.Network, _answerLimit, FlashStep.FirstStatus, cancellationToken)).Network!;
        string reason = network.Reason.Length == 0 ? "it says nothing about why" : $"it says: {network.Reason}";
        throw new FlashException(
            FlashStep.FirstStatus,
            $"The board is on the network, and the backend has not heard it ({reason}); it is registered, not yet heard. Check --gateway and --trust-anchor, then run this again.");
    }

    private Task LabelAsync(RegistrationAnswer answer)
    {
        _result = _result with { Label = options.Label.Write(answer.NodeId, answer.Claim, options.Profile.Name) };
        Note(journal => (journal.LabelledAt, journal.LastFailure) = (DateTimeOffset.UtcNow, null));
        return Task.CompletedTask;
    }

    private async Task StepAsync(FlashStep step, Func<Task> work) => await StepAsync(step, async () =>
    {
        await work();
        return true;
    });

    private async Task<T> StepAsync<T>(FlashStep step, Func<Task<T>> work)
    {
        Show(step, null);
        try
        {
            return await work();
        }
        catch (Exception problem) when (problem is not (FlashException or CommandException or OperationCanceledException))
        {
            throw FlashFailure.Of(step, problem, api.Address);
        }
    }

    private void Take(BoardJournal journal) => _journal = journal;

    private void Note(Action<BoardJournal> change)
    {
        if (_journal is not null)
        {
            change(_journal);
            _journal.Save();
        }
    }

    private void Show(FlashStep step, string? progress)
    {
        _result = _result with { State = FlashFailure.NameOf(step), Progress = progress, Seconds = Stopwatch.GetElapsedTime(_began).TotalSeconds };
        shows(_result);
    }

    private FlashResult End(FlashResult result, FlashException? problem)
    {
        Note(journal => journal.LastFailure = problem is null ? null : $"{FlashFailure.NameOf(problem.Step)}: {problem.Message}");
        result = result with
        {
            Seconds = Math.Round(Stopwatch.GetElapsedTime(_began).TotalSeconds, 2),
            FlashingProgramSeconds = Math.Round(_program?.Seconds ?? 0, 4),
            Step = problem is null ? null : FlashFailure.NameOf(problem.Step),
            ExitCode = problem?.ExitCode ?? 0,
            Message = problem?.Message,
        };
        shows(result);
        return result;
    }
}

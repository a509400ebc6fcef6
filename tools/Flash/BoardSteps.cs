using System.Diagnostics;
using System.Security.Cryptography;
using DePin.Contracts.Cbor;
using DePin.Contracts.Flashing;
using DePin.Contracts.Identity;
using DePin.Contracts.Signing;
using DePin.Node.Signing;

namespace DePin.Tools.Flash;

/// <summary>What a board proved of itself, as a registration wants it: hex.</summary>
internal sealed record ProvenIdentity(string NodeId, string PublicKey, string LoginPassword, string DownKey);

/// <summary>Single steps with a board, each with what it means when they fail.</summary>
internal static class BoardSteps
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);

    /// <summary>Opens a port, or says which ports there are.</summary>
    public static async Task<BoardConversation> OpenAsync(string port, CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsWindows() && !File.Exists(port))
        {
            IReadOnlyList<string> there = PortSearch.Find();
            string ports = there.Count == 0 ? "no serial port is there at all: is the board plugged in?" : $"there are {string.Join(", ", there)}.";
            throw new FlashException(FlashStep.Port, $"There is no port {port}; {ports}");
        }

        return await BoardConversation.OpenAsync(port, cancellationToken);
    }

    /// <summary>Waits until the board answers.</summary>
    public static async Task<BoardHello> HelloAsync(BoardConversation board, TimeSpan limit, long? otherThanStart, CancellationToken cancellationToken) =>
        await board.HelloAsync(limit, otherThanStart, cancellationToken)
        ?? throw new FlashException(
            otherThanStart is null ? FlashStep.Handshake : FlashStep.ReadBack,
            otherThanStart is null
                ? $"Nobody answered on this port within {limit.TotalSeconds:0} s; nothing was changed. Is it the right port, and is the firmware on? Without --skip-clr it is put on."
                : $"The board did not start anew within {limit.TotalSeconds:0} s; it is registered. Take its power away, give it back, and run this again.");

    /// <summary>Asks, and fails where nobody answers.</summary>
    public static async Task<FlashAnswer> AskAsync(BoardConversation board, int type, TimeSpan limit, FlashStep step, CancellationToken cancellationToken, Action<FlashRequest>? fill = null) =>
        await board.AskAsync(type, limit, cancellationToken, fill)
        ?? throw new FlashException(step, $"The board stopped answering at {FlashFailure.NameOf(step)}; what it and the backend have is kept. Check cable and power, and run this again.");

    /// <summary>Gives settings and entropy; the identity, whose proof was checked.</summary>
    public static async Task<ProvenIdentity> ProvisionAsync(BoardConversation board, NodeSettings settings, string? repairs, TimeSpan limit, CancellationToken cancellationToken)
    {
        byte[] entropy = RandomNumberGenerator.GetBytes(FlashRequest.EntropyBytes);
        byte[] succeeds = repairs is null ? [] : NodeId.Parse(repairs)!.ToBytes();
        FlashAnswer answer = await AskAsync(board, FlashRequest.Provision, limit, FlashStep.Identity, cancellationToken, request =>
        {
            request.Entropy = entropy;
            request.UnixSeconds = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
            request.Settings = settings.Encode();
            request.Node = succeeds;
        });
        return Check(answer.Identity!, entropy) ?? throw new FlashException(
            FlashStep.Identity,
            "The board's proof does not hold: the key that it names did not sign it. Nothing was registered. Run this again; if it stays so, set the board aside.");
    }

    /// <summary>Waits until the board is on a network.</summary>
    public static async Task JoinAsync(BoardConversation board, TimeSpan limit, TimeSpan answerLimit, CancellationToken cancellationToken)
    {
        long began = Stopwatch.GetTimestamp();
        while (true)
        {
            BoardNetwork network = (await AskAsync(board, FlashRequest.Network, answerLimit, FlashStep.WiFi, cancellationToken)).Network!;
            if (network.State >= BoardNetwork.Joined)
            {
                return;
            }

            if (network.State == BoardNetwork.NoNetworks || Stopwatch.GetElapsedTime(began) > limit)
            {
                string reason = network.State == BoardNetwork.NoNetworks ? "it was given none: name one with --wifi" : network.Reason;
                throw new FlashException(
                    FlashStep.WiFi,
                    $"The board is on no Wi-Fi network here ({reason}); it is registered, not yet heard. Bring it where its network is, or name another with --wifi, and run this again: only then it gets its label.");
            }

            await Task.Delay(Look, cancellationToken);
        }
    }

    /// <summary>The identity where the proof holds, else null.</summary>
    internal static ProvenIdentity? Check(BoardIdentity identity, byte[] entropy)
    {
        byte[]? key = identity.PublicKey(entropy, out DecodeError _);
        SignedMessage? proof = key is null ? null : SignedMessage.Decode(identity.Proof, BoardIdentity.ProofBytes, out DecodeError _);
        if (key is null || proof is null || !NodeId.FromKeyHash(SHA256.HashData(key)).Equals(proof.Node))
        {
            return null;
        }

        byte[] signed = SignedMessage.ToBeSigned(SignedMessage.FlashContext, proof.Message, proof.PayloadOffset, proof.PayloadLength);
        var verification = new EcdsaVerification(key);
        verification.Start(SHA256.HashData(signed), proof.CopySignature());
        while (!verification.Step())
        {
        }

        return verification.IsValid
            ? new ProvenIdentity(proof.Node.ToString(), Convert.ToHexStringLower(key), Convert.ToHexStringLower(identity.LoginPassword), Convert.ToHexStringLower(identity.DownKey))
            : null;
    }
}

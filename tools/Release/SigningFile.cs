using DePin.Contracts.Cbor;
using DePin.Contracts.Moving;
using DePin.Contracts.Signing;
using DePin.Contracts.Updates;

namespace DePin.Tools.Release;

/// <summary>
/// The file that travels from one signer to the next: a release, a rotation of keys or a change of settings as COSE_Sign, with no, one, two or three signatures. Who
/// signs adds one and changes nothing else.
/// </summary>
internal sealed class SigningFile
{
    private SigningFile(CountersignedMessage message, ReleaseManifest? manifest, KeyRotation? rotation, SettingsChange? change)
    {
        Message = message;
        Manifest = manifest;
        Rotation = rotation;
        Change = change;
    }

    /// <summary>Payload and signatures.</summary>
    public CountersignedMessage Message { get; }

    /// <summary>What is released, where it is a release.</summary>
    public ReleaseManifest? Manifest { get; }

    /// <summary>The keys that count, where it is a rotation.</summary>
    public KeyRotation? Rotation { get; }

    /// <summary>Where nodes shall belong, where it is a change of settings.</summary>
    public SettingsChange? Change { get; }

    /// <summary>What is signed along with the payload.</summary>
    public string Context => Manifest is not null ? ReleaseManifest.Context : Rotation is not null ? KeyRotation.Context : SettingsChange.Context;

    /// <summary>What it is, for people.</summary>
    public string Kind => Manifest is not null ? "release" : Rotation is not null ? "rotation of the release keys" : "change of settings";

    /// <summary>Whether it has as many signatures as a node asks for.</summary>
    public bool HasEnough => Message.Signatures >= CountersignedMessage.SignaturesMin;

    /// <summary>What nobody has signed yet.</summary>
    public static byte[] Unsigned(byte[] payload) => CountersignedMessage.Encode(payload, [], []);

    /// <summary>Reads one.</summary>
    /// <exception cref="CommandException">It cannot be read, or is not in the form.</exception>
    public static SigningFile Read(string path)
    {
        byte[] bytes = BundleFile.Bounded(path, SettingsChange.SignedBytes, "a signed release");
        return Of(bytes, out DecodeError error) ?? throw CommandException.WrongInput($"{path} is no release, rotation of keys or change of settings in the form of FORMATS.md ({error}).");
    }

    /// <summary>This file, unless it is a change of settings, for which there are commands of its own.</summary>
    public SigningFile NoChange(string path) =>
        Change is null ? this : throw CommandException.WrongInput($"{path} is a change of settings: 'tools/depin settings verify' says what it does, 'settings send' gives it to the backend. Nothing was done.");

    /// <summary>What these bytes are; null with the reason.</summary>
    public static SigningFile? Of(byte[] bytes, out DecodeError error)
    {
        if (CountersignedMessage.Decode(bytes, SettingsChange.SignedBytes, out error, signaturesMin: 0) is not { } message)
        {
            return null;
        }

        if (KeyRotation.Decode(bytes, message.PayloadOffset, message.PayloadLength, out _) is { } rotation && bytes.Length <= UpdateLimits.SignedRotationBytes)
        {
            return new SigningFile(message, null, rotation, null);
        }

        if (SettingsChange.Decode(bytes, message.PayloadOffset, message.PayloadLength, out _) is { } change)
        {
            return new SigningFile(message, null, null, change);
        }

        ReleaseManifest? manifest = ReleaseManifest.Decode(bytes, message.PayloadOffset, message.PayloadLength, out error);
        error = manifest is not null && bytes.Length > UpdateLimits.SignedReleaseBytes ? DecodeError.TooLarge : error;
        return manifest is null || error != DecodeError.None ? null : new SigningFile(message, manifest, null, null);
    }

    /// <summary>The file with one signature more.</summary>
    /// <exception cref="CommandException">This key signed it before, or it has as many signatures as it may.</exception>
    public byte[] SignedBy(ReleaseKey key)
    {
        byte[] id = key.KeyId;
        int[] present = [.. Enumerable.Range(0, Message.Signatures)];
        if (present.Any(i => Message.IsBy(i, id)))
        {
            throw CommandException.WrongInput($"The key {Convert.ToHexStringLower(id)} signed it before; the next signature has to be another person's. Nothing was changed.");
        }

        if (Message.Signatures == CountersignedMessage.SignaturesMax)
        {
            throw CommandException.WrongInput($"It has {CountersignedMessage.SignaturesMax} signatures already, the most it may have. Nothing was changed.");
        }

        byte[] payload = Message.CopyPayload();
        return CountersignedMessage.Encode(payload, [.. present.Select(Message.CopyKeyId), id], [.. present.Select(Message.CopySignature), key.Sign(Context, payload)]);
    }

    /// <summary>Writes a file as a whole or not at all.</summary>
    public static void Write(string path, byte[] content)
    {
        string part = path + ".part";
        try
        {
            File.WriteAllBytes(part, content);
            File.Move(part, path, overwrite: true);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw CommandException.Failed($"{path} could not be written ({problem.Message.TrimEnd('.')}); what was there is kept.", problem);
        }
    }
}

namespace DePin.Fleet.Proof;

/// <summary>An outside witness of the log of proofs: somebody else's service that signs only what continues what it signed before.</summary>
/// <param name="Url">Its submission prefix (C2SP tlog-witness), https, or http on this machine.</param>
/// <param name="Key">Its cosignature key, NAME+ID+KEY.</param>
public sealed record WitnessSettings(string Url, string Key)
{
    private const int MostWitnesses = 16;

    /// <summary>What is wrong with these witnesses, as a sentence, or null.</summary>
    internal static string? Problem(IReadOnlyList<WitnessSettings> witnesses)
    {
        if (witnesses.Count > MostWitnesses)
        {
            return $"there are {witnesses.Count} witnesses; at most {MostWitnesses} are asked.";
        }

        foreach (WitnessSettings witness in witnesses)
        {
            if (!Uri.TryCreate(witness.Url, UriKind.Absolute, out Uri? url) || !(url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback)))
            {
                return $"the witness address '{witness.Url}' must begin with https:// (http:// is for this machine only).";
            }

            if (CosignatureKey.Read(witness.Key) is null)
            {
                return $"the key of the witness {witness.Url} must be a cosignature key, NAME+ID+KEY, whose id is its own.";
            }
        }

        return witnesses.Select(witness => CosignatureKey.Read(witness.Key)!.Name).Distinct(StringComparer.Ordinal).Count() == witnesses.Count
            ? null
            : "two witnesses have one name.";
    }
}

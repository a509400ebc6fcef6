using System.Data.Common;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace DePin.Fleet.Approvals;

/// <summary>Something that one person proposes and another lets take effect.</summary>
public interface IChangeKind
{
    /// <summary>Its name, one word.</summary>
    string Name { get; }

    /// <summary>What is wrong with it now, as a sentence, or null. Asked when it is proposed and again when it is approved.</summary>
    /// <exception cref="JsonException">The content has not the fields of this kind.</exception>
    Sentence? Problem(DbConnection connection, string content, long nowUnixMilliseconds);

    /// <summary>Does it, inside the job that approves it, and records the event.</summary>
    void Apply(DbConnection connection, string content, string by, long nowUnixMilliseconds);
}

/// <summary>A kind whose content is one type, read strictly.</summary>
public abstract class ChangeKind<T> : IChangeKind
    where T : class
{
    /// <inheritdoc />
    public abstract string Name { get; }

    /// <inheritdoc />
    public Sentence? Problem(DbConnection connection, string content, long nowUnixMilliseconds) => Problem(connection, Read(content), nowUnixMilliseconds);

    /// <inheritdoc />
    public void Apply(DbConnection connection, string content, string by, long nowUnixMilliseconds) => Apply(connection, Read(content), by, nowUnixMilliseconds);

    /// <summary>What is wrong with it now, or null.</summary>
    protected abstract Sentence? Problem(DbConnection connection, T change, long nowUnixMilliseconds);

    /// <summary>Does it.</summary>
    protected abstract void Apply(DbConnection connection, T change, string by, long nowUnixMilliseconds);

    private static T Read(string content) => JsonSerializer.Deserialize<T>(content, ChangeJson.Options) ?? throw new JsonException("null is no change");
}

/// <summary>How changes are read.</summary>
internal static class ChangeJson
{
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        AllowDuplicateProperties = false,
        NumberHandling = JsonNumberHandling.Strict,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };
}

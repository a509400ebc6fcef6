using System.Text.Json;
using System.Text.RegularExpressions;

namespace DePin.Tests.Hardware;

/// <summary>The keywords of JSON Schema that the profiles' schema uses; any other one is an error here, not a thing left unchecked.</summary>
internal sealed class Schema(JsonElement root)
{
    private static readonly string[] Annotations = ["$schema", "$defs", "title", "description"];

    /// <summary>Everything wrong with a value, as path and sentence.</summary>
    public IReadOnlyList<string> Problems(JsonElement value)
    {
        var problems = new List<string>();
        Check(root, value, "profile", problems);
        return problems;
    }

    private void Check(JsonElement schema, JsonElement value, string path, List<string> problems)
    {
        foreach (JsonProperty keyword in schema.EnumerateObject().Where(keyword => !Annotations.Contains(keyword.Name)))
        {
            switch (keyword.Name)
            {
                case "$ref":
                    Check(Resolve(keyword.Value.GetString()!), value, path, problems);
                    break;
                case "type":
                    Require(Types(keyword.Value).Any(type => IsOfType(value, type)), $"{path} is no {keyword.Value}", problems);
                    break;
                case "enum":
                    Require(keyword.Value.EnumerateArray().Any(allowed => allowed.GetRawText() == value.GetRawText()), $"{path} is none of {keyword.Value.GetRawText()}", problems);
                    break;
                case "minimum":
                    Require(value.ValueKind != JsonValueKind.Number || value.GetInt64() >= keyword.Value.GetInt64(), $"{path} is below {keyword.Value}", problems);
                    break;
                case "maximum":
                    Require(value.ValueKind != JsonValueKind.Number || value.GetInt64() <= keyword.Value.GetInt64(), $"{path} is above {keyword.Value}", problems);
                    break;
                case "pattern":
                    Require(value.ValueKind != JsonValueKind.String || Regex.IsMatch(value.GetString()!, keyword.Value.GetString()!, RegexOptions.None, TimeSpan.FromSeconds(1)), $"{path} does not match {keyword.Value}", problems);
                    break;
                case "required":
                    Require(value.ValueKind != JsonValueKind.Object || keyword.Value.EnumerateArray().All(name => value.TryGetProperty(name.GetString()!, out _)), $"{path} lacks something of {keyword.Value.GetRawText()}", problems);
                    break;
                case "properties":
                    CheckMembers(keyword.Value, value, path, problems);
                    break;
                case "additionalProperties":
                    Require(value.ValueKind != JsonValueKind.Object || value.EnumerateObject().All(member => schema.GetProperty("properties").TryGetProperty(member.Name, out _)), $"{path} has a member that is not in the schema", problems);
                    break;
                case "minItems":
                    Require(value.ValueKind != JsonValueKind.Array || value.GetArrayLength() >= keyword.Value.GetInt32(), $"{path} is too short", problems);
                    break;
                case "items":
                    CheckItems(keyword.Value, value, path, problems);
                    break;
                default:
                    throw new InvalidDataException($"The schema uses {keyword.Name}, which is not checked here.");
            }
        }
    }

    private void CheckMembers(JsonElement schemas, JsonElement value, string path, List<string> problems)
    {
        foreach (JsonProperty member in schemas.EnumerateObject().Where(_ => value.ValueKind == JsonValueKind.Object))
        {
            if (value.TryGetProperty(member.Name, out JsonElement inner))
            {
                Check(member.Value, inner, $"{path}.{member.Name}", problems);
            }
        }
    }

    private void CheckItems(JsonElement schema, JsonElement value, string path, List<string> problems)
    {
        if (value.ValueKind == JsonValueKind.Array)
        {
            int index = 0;
            foreach (JsonElement item in value.EnumerateArray())
            {
                Check(schema, item, $"{path}[{index++}]", problems);
            }
        }
    }

    private JsonElement Resolve(string reference) => root.GetProperty("$defs").GetProperty(reference["#/$defs/".Length..]);

    private static IEnumerable<string> Types(JsonElement type) => type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().Select(one => one.GetString()!) : [type.GetString()!];

    private static bool IsOfType(JsonElement value, string type) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "null" => value.ValueKind == JsonValueKind.Null,
        "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
        _ => throw new InvalidDataException($"The schema names a type {type}."),
    };

    private static void Require(bool isRight, string problem, List<string> problems)
    {
        if (!isRight)
        {
            problems.Add(problem);
        }
    }
}

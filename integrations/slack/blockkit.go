package slack

// Slack's limits of what a message or a form may hold, in characters unless they say
// otherwise. Slack does not say what it takes for a character; Muster counts UTF-16 units,
// which are never fewer.
const (
	// maxMessageBlocks and maxFormBlocks are numbers of blocks:
	// https://docs.slack.dev/reference/block-kit/blocks
	maxMessageBlocks = 50
	maxFormBlocks    = 100
	// maxHeaderLength: https://docs.slack.dev/reference/block-kit/blocks/header-block
	maxHeaderLength = 150
	// maxFields is a number of fields, maxFieldLength the longest text of one:
	// https://docs.slack.dev/reference/block-kit/blocks/section-block
	maxFields      = 10
	maxFieldLength = 2000
	// maxTextLength is the longest text of a text object:
	// https://docs.slack.dev/reference/block-kit/composition-objects/text-object
	maxTextLength = 3000
	// maxImageAltLength: https://docs.slack.dev/reference/block-kit/blocks/image-block
	maxImageAltLength = 2000
	// maxControls is a number of elements in a row:
	// https://docs.slack.dev/reference/block-kit/blocks/actions-block
	maxControls = 25
	// maxIDLength is the longest id of a block or an action:
	// https://docs.slack.dev/reference/block-kit/block-elements/button-element and
	// https://docs.slack.dev/reference/block-kit/blocks/input-block
	maxIDLength = 255
	// maxButtonLength and maxValueLength are a button's text and value:
	// https://docs.slack.dev/reference/block-kit/block-elements/button-element
	maxButtonLength = 75
	maxValueLength  = 2000
	// maxOptions is a number of options, the others are what one may hold:
	// https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element and
	// https://docs.slack.dev/reference/block-kit/composition-objects/option-object
	maxOptions           = 100
	maxOptionLength      = 75
	maxOptionHintLength  = 75
	maxOptionValueLength = 150
	maxPlaceholderLength = 150
	// What is asked before a button counts:
	// https://docs.slack.dev/reference/block-kit/composition-objects/confirmation-dialog-object
	maxConfirmLength       = 300
	maxConfirmButtonLength = 30
	// A form: https://docs.slack.dev/reference/views/modal-views
	maxFormTitleLength   = 24
	maxFormButtonLength  = 24
	maxFormContextLength = 3000
	// A field of a form: https://docs.slack.dev/reference/block-kit/blocks/input-block
	maxLabelLength = 2000
	maxHintLength  = 2000
	// maxInputLength is the most that somebody can type into a field:
	// https://docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element
	maxInputLength = 3000
)

const (
	// maxSummaryLength is ours: a notification shows less. Slack takes 40,000:
	// https://docs.slack.dev/reference/methods/chat.postMessage#truncating
	maxSummaryLength = 1000
	// maxCardLength bounds the texts of a message together. Slack refuses blocks that are too
	// long together (msg_blocks_too_long) and does not say how long that is; 12,000 is what
	// it says of the markdown blocks of one message:
	// https://docs.slack.dev/reference/block-kit/blocks/markdown-block
	maxCardLength = 12_000
)
